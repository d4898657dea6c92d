#include "report/comparison.hpp"
#include "report/text.hpp"
#include "report/text_table.hpp"

#include <cmath>

namespace tandem::report {
namespace {

using formats::Json;

constexpr double megabyte = 1e6;

std::string with_sign(double value) {
  return (value < 0 ? "−" : "+") + fixed(std::abs(value), 2);
}

Json json_of(const Spread& spread) {
  Json value = {{"runs", spread.count}};
  if (spread.count > 0) value["mean"] = spread.mean;
  if (spread.count > 1) value["deviation"] = spread.deviation;
  return value;
}

Json json_of(const Interval& interval) {
  Json value = {{"pairs", interval.pairs}};
  if (interval.pairs > 0) value["mean"] = interval.mean;
  if (interval.pairs > 1) {
    value["half_width_95"] = interval.half_width;
    value["difference_shown"] = interval.shows_difference();
  }
  return value;
}

Json json_of(const RunRecord& run) {
  Json value = {{"run", run.folder.string()},
                {"seed", run.seed},
                {"end", run.end.empty() ? Json() : Json(run.end)},
                {"steps", run.steps}};
  const double accuracy = run.last_value("knn_top1");
  if (std::isfinite(accuracy)) value["knn_top1"] = accuracy;
  value["seconds"] = run.seconds;
  if (std::isfinite(run.images_per_second())) value["images_per_s"] = run.images_per_second();
  if (run.peak_bytes > 0) value["peak_memory_bytes"] = run.peak_bytes;
  return value;
}

}  // namespace

std::string shown(const Spread& spread, int digits, double unit) {
  if (spread.count == 0) return "-";
  const std::string mean = fixed(spread.mean / unit, digits);
  return spread.count == 1 ? mean : mean + " ± " + fixed(spread.deviation / unit, digits);
}

std::string shown(const Interval& interval) {
  if (interval.pairs == 0) return "-";
  if (interval.pairs == 1) return with_sign(interval.mean) + " (1 seed: no interval)";
  return with_sign(interval.mean) + " ± " + fixed(interval.half_width, 2) +
         (interval.shows_difference() ? "" : ": no difference shown");
}

std::string shown_count(const ComparedGroup& row) {
  const std::string all = std::to_string(row.finished + row.unfinished);
  return row.unfinished == 0 ? all : std::to_string(row.finished) + " of " + all;
}

std::string to_text(const Comparison& comparison) {
  TextTable table(
      {"configuration", "runs", "kNN top1 %", "to the first", "seconds", "images/s", "peak MB"});
  for (const auto& row : comparison.rows) {
    table.add({row.label, shown_count(row), shown(row.accuracy, 2), shown(row.to_first),
               shown(row.seconds, 1), shown(row.images_per_second, 0),
               shown(row.peak_bytes, 0, megabyte)});
  }
  std::string text = table.text();
  if (!comparison.protocol.empty()) text += "\n" + comparison.protocol + "\n";
  for (const auto& note : comparison.notes) text += note + "\n";
  for (const auto& caution : comparison.cautions) text += "CAUTION: " + caution + "\n";
  return text;
}

Json to_json(const Comparison& comparison, const std::vector<RunRecord>& runs) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < comparison.rows.size(); ++i) {
    const auto& row = comparison.rows[i];
    Json members = Json::array();
    for (const std::size_t run : comparison.groups[i].runs) members.push_back(json_of(runs[run]));
    rows.push_back({{"configuration", row.label},
                    {"knn_top1", json_of(row.accuracy)},
                    {"difference_to_first", json_of(row.to_first)},
                    {"seconds", json_of(row.seconds)},
                    {"images_per_s", json_of(row.images_per_second)},
                    {"peak_memory_bytes", json_of(row.peak_bytes)},
                    {"runs", members}});
  }
  return {{"protocol", comparison.protocol},
          {"cautions", comparison.cautions},
          {"notes", comparison.notes},
          {"configurations", rows}};
}

}  // namespace tandem::report
