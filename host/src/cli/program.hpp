#pragma once

#include <string>
#include <vector>

namespace tandem::cli {

/// Runs the command that the words name and returns the exit code: 0 ok, 1 unexpected, 2 usage, 3
/// config, 4 data, 5 plugin, 6 checkpoint, 7 stopped by a guard, 8 resources, 130 and 143 after a
/// signal. Never throws.
int run_program(const std::vector<std::string>& words);

}  // namespace tandem::cli
