#pragma once

#include "cli/arguments.hpp"
#include "plugin/catalog.hpp"

namespace tandem::cli {

/// Prints what differs between two configurations, each a file, a preset or a run's folder, as a
/// table or as JSON.
void config_diff(const Arguments& arguments, plugin::Catalog& catalog, const std::string& left,
                 const std::string& right);

}  // namespace tandem::cli
