#pragma once

#include "formats/json_lines.hpp"
#include "report/run_record.hpp"

#include <filesystem>
#include <string>

namespace tandem::report {

/// What a page shows of one run beside its curves, each as <figure>; `who` names the run. An empty
/// text where the run's files do not hold it, or hold something else.

/// A matrix of numbers −1 … 1 from blue over white to orange, averaged to at most 128 rows and
/// columns.
std::string heatmap_figure(const Matrix& matrix, const std::string& who);
/// The 2-D map of gallery.json, coloured by label.
std::string map_figure(const formats::Json& gallery, const std::string& who);
/// Its nearest neighbours: a table, one row a query.
std::string neighbours_figure(const formats::Json& gallery, const std::string& who);
/// views.png, made smaller where it is large.
std::string views_figure(const std::filesystem::path& file, const std::string& who);

}  // namespace tandem::report
