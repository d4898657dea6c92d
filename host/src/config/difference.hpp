#pragma once

#include "config/config.hpp"

#include <string>
#include <vector>

namespace tandem::config {

/// A key whose values differ between two configurations.
struct Difference {
  std::string section;  ///< "optimizer", or "view 0" for one view of each sample
  std::string key;      ///< "lr", "color_jitter.hue"; of an operation that one lacks, its id
  std::string left;     ///< as TOML; empty where there is no such key, operation or view
  std::string right;
  std::string doc;  ///< what the key means; may be empty
};

/// All of them, section by section in the order of a configuration. Views are compared one by one,
/// whether they come from `count` or from tables of their own, their operations by the longest list
/// that both have in one order.
std::vector<Difference> differences(const Config& left, const Config& right);

}  // namespace tandem::config
