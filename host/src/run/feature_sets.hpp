#pragma once

#include "eval/features.hpp"
#include "run/eval_run.hpp"
#include "run/trained_run.hpp"

#include <memory>
#include <string>

namespace tandem::run {

/// Features to evaluate: those that answer, and those that ask.
struct FeatureSets {
  eval::Features bank, queries;
  std::string of;               ///< what they are features of, and how they were made
  std::string split;            ///< which answer which
  std::string epochs;           ///< that the network was trained
  config::EvalSection section;  ///< k and temperature where none are given
};

/// The features that `what` names. Throws as `evaluate_knn` does, and Error(data) where the bank
/// has no class of a query's.
FeatureSets feature_sets(const EvalOptions& what, plugin::Catalog& catalog, Log& log);

/// How the epoch of a run's weights was chosen; empty for the last one.
std::string chosen_epoch(const EvalOptions& what);

/// Opens the run of `what`, told its threads. Throws Error(usage) where it names a file,
/// Error(data) where there is nothing to ask.
std::unique_ptr<TrainedRun> open_run(const EvalOptions& what, plugin::Catalog& catalog, Log& log);

}  // namespace tandem::run
