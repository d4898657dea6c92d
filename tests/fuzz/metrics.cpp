// A run's folder: manifest.json, metrics.jsonl and gallery.json, with zero bytes between them.
#include "fuzz.hpp"
#include "report/page.hpp"
#include "report/run_record.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>

using namespace tandem;

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto put = [](const char* name, std::string_view text) {
    return fuzz::as_file(name, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  };
  const std::string_view all(reinterpret_cast<const char*>(bytes), size);
  const std::size_t first = std::min(all.find('\0'), all.size());
  const std::size_t second = std::min(all.find('\0', first + 1), all.size());
  static const std::filesystem::path folder =
      std::filesystem::path(put("config.toml", "[run]\n")).parent_path();
  put("manifest.json", all.substr(0, first));
  put("metrics.jsonl", first < all.size() ? all.substr(first + 1, second - first - 1) : all);
  put("gallery.json", second < all.size() ? all.substr(second + 1) : "");
  const report::RunRecord run = report::read_run(folder);
  report::used_plugins(run);
  run.images_per_second();
  for (const auto& evaluation : run.evaluations)
    for (const auto& value : evaluation.values) run.last_value(value.name);
  for (const auto& curve : run.curves) {
    double last = -1e300;
    for (const auto& point : run.points(curve.name)) {
      fuzz::require(point.x >= last, "a curve that goes back");
      last = point.x;
    }
  }
  report::Page page;
  page.title = "fuzz";
  page.runs.push_back(run);
  page.comparison = report::compare_runs(page.runs, report::group_runs(page.runs));
  fuzz::require(report::to_html(page).find("<fuzz") == std::string::npos, "markup of the run's");
  return 0;
}
