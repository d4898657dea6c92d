#pragma once

#include "cli/arguments.hpp"

#include <map>
#include <string>
#include <vector>

namespace tandem::cli {

/// What the words of a command line say: the values of each option that is there, none for a flag,
/// and under `positional` the words without a dash. Throws Error(usage).
std::map<std::string, Strings> read_option_words(const Strings& words,
                                                 const std::vector<Option>& options,
                                                 const std::string& positional);

/// The options under a title, as --help shows them.
std::string option_help(const std::string& title, const std::vector<Option>& options);

/// Throws Error(usage), with the nearest names.
[[noreturn]] void unknown_option(const std::string& given, const std::vector<Option>& options);

}  // namespace tandem::cli
