#pragma once

#include "config/config.hpp"

#include <string>

namespace tandem::run {

/// A path that means the same in every folder, without "." and "..": what the system would open by
/// the path as it is given. Links stay, but for one that ".." follows.
std::string in_full(const std::string& path);

/// Makes the paths among a plugin's parameters absolute.
void complete_paths(config::Component& component);

/// Makes every path of a configuration absolute: of the pictures, and of the files that backbone
/// and objective name. The run's folder stays as it is.
void complete_paths(config::Config& config);

}  // namespace tandem::run
