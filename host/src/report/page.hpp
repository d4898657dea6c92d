#pragma once

#include "config/difference.hpp"
#include "report/comparison.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tandem::report {

/// What differs between the first group's configuration and another's.
struct GroupDifferences {
  std::size_t group = 0;
  std::vector<config::Difference> list;
};

/// What a page is made of. Groups of one run stand for that run.
struct Page {
  std::string title;
  std::vector<RunRecord> runs;
  Comparison comparison;
  std::vector<GroupDifferences> differences;  ///< one a group but the first, where known
};

/// A page of one HTML file that needs no network and no other file: results, curves,
/// configurations, views, embeddings. Of several runs of one configuration, pictures are shown of
/// the first finished one alone.
std::string to_html(const Page& page);

/// The page of one run's folder, `report.html` in it. Throws Error(usage) for what is no run, and
/// Error(resource) where it cannot be written.
void write_run_page(const std::filesystem::path& folder);

}  // namespace tandem::report
