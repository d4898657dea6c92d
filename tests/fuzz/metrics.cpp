// A run's folder, as far as its numbers go: manifest.json, and after a zero byte metrics.jsonl.
#include "fuzz.hpp"
#include "report/page.hpp"
#include "report/run_record.hpp"

#include <filesystem>
#include <string_view>

using namespace tandem;

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto put = [](const char* name, std::string_view text) {
    return fuzz::as_file(name, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  };
  const std::string_view all(reinterpret_cast<const char*>(bytes), size);
  const std::size_t zero = all.find('\0');
  const bool both = zero != std::string_view::npos;
  static const std::filesystem::path folder =
      std::filesystem::path(put("config.toml", "[run]\n")).parent_path();
  put("manifest.json", both ? all.substr(0, zero) : "");
  put("metrics.jsonl", both ? all.substr(zero + 1) : all);
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
