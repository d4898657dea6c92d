#pragma once

#include "report/observer.hpp"
#include "run/checkpoints.hpp"
#include "run/configuration.hpp"
#include "run/initial_weights.hpp"
#include "run/run_folder.hpp"
#include "train/process_group.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tandem::run {

struct TrainOptions {
  FolderUse use = FolderUse::fresh;
  std::vector<std::string> allowed_changes;  ///< of a run that is resumed: see run/resume.hpp
  bool dry_run = false;                      ///< one step of everything, and nothing is kept
  InitialWeights initial;                    ///< where the backbone starts; no file: drawn
  const std::atomic<bool>* stop = nullptr;   ///< set from outside to end after the current step
  /// The ranks that train together, each of which calls `train`; rank 0 alone evaluates and leaves
  /// a folder. Null: this process alone.
  train::ProcessGroup* group = nullptr;
  int local_rank = 0;  ///< among the processes on this machine, each of which takes a device
  std::span<report::TrainObserver* const> observers;  ///< told before the run's own
};

struct TrainSummary {
  report::EndReason reason = report::EndReason::finished;
  std::filesystem::path folder;  ///< empty after a dry run
  std::int64_t steps = 0;
  std::vector<report::EvalEvent> evaluations;  ///< all of them, in order
  std::optional<CheckpointCost> checkpoint;    ///< of a dry run
};

/// Trains what the configuration says and leaves a run folder: resolved configuration, manifest,
/// metrics, views.png, the weights of backbone and objective, checkpoints. What was learnt is also
/// saved where `stop` ended the run, and where it failed after its first step; what a guard stopped
/// goes into a folder of its own. Errors are thrown; see `ErrorKind`. [main thread]
TrainSummary train(const Prepared& prepared, plugin::Catalog& catalog, const TrainOptions& options,
                   Log& log);

}  // namespace tandem::run
