#pragma once

#include "report/observer.hpp"
#include "run/configuration.hpp"
#include "run/initial_weights.hpp"

#include <atomic>
#include <filesystem>
#include <span>
#include <vector>

namespace tandem::run {

struct TrainOptions {
  bool overwrite = false;                   ///< replace the run in the folder
  bool dry_run = false;                     ///< one step of everything, and nothing is kept
  InitialWeights initial;                   ///< where the backbone starts; no file: drawn
  const std::atomic<bool>* stop = nullptr;  ///< set from outside to end after the current step
  std::span<report::TrainObserver* const> observers;  ///< told before the run's own
};

struct TrainSummary {
  report::EndReason reason = report::EndReason::finished;
  std::filesystem::path folder;  ///< empty after a dry run
  std::int64_t steps = 0;
  std::vector<report::EvalEvent> evaluations;  ///< all of them, in order
};

/// Trains what the configuration says and leaves a run folder: resolved configuration, manifest,
/// metrics, views.png, the weights of backbone and objective. The weights so far are also saved
/// where `stop` ended the run, and where it failed after its first step (a guard, a full disk).
/// Errors are thrown; see `ErrorKind`. [main thread]
TrainSummary train(const Prepared& prepared, plugin::Catalog& catalog, const TrainOptions& options,
                   Log& log);

}  // namespace tandem::run
