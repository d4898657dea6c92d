#pragma once

#include "formats/json_lines.hpp"
#include "report/curve.hpp"
#include "report/observer.hpp"
#include "tandem/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tandem::report {

/// Numbers −1 … 1, row by row.
struct Matrix {
  std::string name;
  std::int64_t step = 0;
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;
};

/// A sign that training goes wrong.
struct Alarm {
  std::int64_t step = 0;
  std::string sign, cause;
};

/// What a run's folder says about it: a finished run, a broken one, or one that still goes on.
struct RunRecord {
  std::filesystem::path folder;
  std::string name;        ///< of the folder; "parent/seed-0" where it is called after its seed
  std::string config;      ///< config.toml as it stands
  formats::Json manifest;  ///< an object, empty where it cannot be read
  formats::Json gallery;   ///< gallery.json, likewise
  RunInfo info;            ///< of the last start
  std::int64_t seed = 0;
  std::vector<Curve> curves;  ///< in the order in which they first occur
  std::vector<EvalEvent> evaluations;
  std::vector<Matrix> matrices;  ///< the latest of each name
  std::vector<Alarm> alarms;
  std::int64_t steps = 0;  ///< finished, as far as is written
  std::string end;         ///< "finished", "interrupted", "failed"; empty without such a line
  std::string message;     ///< of a failure
  double seconds = 0;      ///< wall-clock, of all starts that ended
  double images = 0, step_seconds = 0;  ///< of all logged steps
  double peak_bytes = 0;                ///< of resident memory; 0: unknown
  int damaged_lines = 0;  ///< of metrics.jsonl that are no JSON, or not what they should be

  bool finished() const { return end == "finished"; }
  /// The points of a curve, empty where there is none.
  const Points& points(const std::string& curve) const;
  /// The value of an evaluation at the last step, e.g. "knn_top1"; NaN where there is none.
  double last_value(const std::string& value) const;
  double images_per_second() const;  ///< of training steps alone; NaN where none was logged
};

/// The SHA-256 of each plugin's file that a run used, by the plugin's id, as its manifest has them.
std::map<std::string, std::string> used_plugins(const RunRecord& run);

/// The error for a folder that lacks a run's `file`, or is not there at all: kind `usage`.
Error not_a_run(const std::filesystem::path& folder, const std::string& file);

/// Reads a run's folder. What is missing or damaged is left out; throws Error(usage) for a folder
/// without config.toml or metrics.jsonl, which is no run, and Error(config) or Error(data) for a
/// file that is far larger than any run's.
RunRecord read_run(const std::filesystem::path& folder);

}  // namespace tandem::report
