#pragma once

#include "cli/arguments.hpp"
#include "plugin/catalog.hpp"
#include "report/comparison.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tandem::cli {

struct ComparedRuns {
  std::vector<report::RunRecord> runs;
  std::vector<report::Group> groups;
  std::vector<std::string> cautions = {};  ///< beside those that the runs themselves give
};

/// Compares runs, writes the joint page and prints the table, or JSON. What differs between the
/// configurations stays out of the page, with a warning, where a run's plugins are not there.
/// Throws Error(resource) where the page cannot be written.
void finish_comparison(const Arguments& arguments, plugin::Catalog& catalog, Log& log,
                       ComparedRuns compared, const std::filesystem::path& page);

}  // namespace tandem::cli
