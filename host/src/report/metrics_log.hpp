#pragma once

#include "formats/json_lines.hpp"
#include "report/observer.hpp"
#include "tandem/base/log.hpp"

#include <filesystem>

namespace tandem::report {

/// Writes every event as a line of JSON, `"event"` first: start, step, health, matrix,
/// alarm, eval, epoch, end. All that
/// depends on the clock stands under `"timing"`, so that two runs of one configuration differ
/// nowhere else. A line that cannot be written never stops the run (AppendFile).
class MetricsLog final : public TrainObserver {
 public:
  /// Appends to `path`; `log` must outlive this. Throws Error(resource) where it cannot be opened.
  MetricsLog(std::filesystem::path path, Log& log) : lines_(std::move(path), log) {}

  /// Makes the lines so far durable and gives the file's length.
  std::uint64_t sync() { return lines_.sync(); }

  void on_start(const RunInfo& run) override;
  void on_step(const StepEvent& step) override;
  void on_health(const HealthEvent& health) override;
  void on_matrix(const MatrixEvent& matrix) override;
  void on_alarm(const AlarmEvent& alarm) override;
  void on_evaluation(const EvalEvent& eval) override;
  void on_epoch_end(const EpochEvent& epoch) override;
  void on_end(const EndEvent& end) override;

 private:
  formats::JsonLines lines_;
};

}  // namespace tandem::report
