#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::config {

/// One step of "view[0].ops": a key, or an index into an array.
struct Step {
  std::string key;  ///< empty for an index
  std::size_t index = 0;
  int column = 1;  ///< of its first character in the path

  bool is_index() const { return key.empty(); }
};

/// The steps of a path; empty where it is not one. Keys consist of A-Z, a-z, 0-9, _ and -.
std::vector<Step> parse_path(std::string_view path);

}  // namespace tandem::config
