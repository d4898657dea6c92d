#pragma once

#include "cli/arguments.hpp"

namespace tandem::cli {

/// One combination of values.
struct GridPoint {
  std::string label;    ///< "lr=0.1,k=5": fit for a folder's name, unique in its grid
  Strings assignments;  ///< "optimizer.lr=0.1", …; also those that have one value alone
};

/// Every combination of "KEY=VALUE,VALUE…", the last key's values changing fastest. Commas inside
/// brackets, braces and quotes belong to a value. Throws Error(usage) for what is no assignment,
/// for an empty value, and for more than 1000 combinations.
std::vector<GridPoint> grid(const Strings& texts);

/// The parts of a text between its commas, but for those inside brackets, braces and quotes.
Strings split_values(const std::string& text);

}  // namespace tandem::cli
