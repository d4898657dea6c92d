#pragma once

#include "config/config.hpp"
#include "eval/scores.hpp"
#include "plugin/catalog.hpp"
#include "run/baselines.hpp"
#include "tandem/base/log.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

/// Evaluations of what is trained already, without LibTorch in the interface.
namespace tandem::run {

/// What is evaluated, and on what.
struct EvalOptions {
  std::filesystem::path subject;   ///< a run folder, or a file of features (`tandem embed`)
  std::string space = "backbone";  ///< of a run: "backbone", "projector" or "pixels"
  bool best = false;               ///< of a run: the weights with the best kNN, not the last
  std::string queries;             ///< labelled test pictures of a run, or a second file; or ""
  double holdout = 0.1;            ///< of a lone file: the share of its rows that are queries
  std::uint64_t seed = 0;          ///< of that share
  bool trust = false;              ///< of a run: code that its backbone came with may run
  std::function<void(int)> set_threads;  ///< given run.threads before anything is computed
  /// Told of long work: what is done, how much of it, and of how much.
  std::function<void(const std::string&, std::int64_t, std::int64_t)> progress;
};

struct KnnOptions {
  std::vector<std::int64_t> k;      ///< empty: eval.k of the run, 20 of a file
  std::vector<double> temperature;  ///< empty: eval.temperature of the run, 0.1 of a file
  eval::Metric metric = eval::Metric::cosine;
};

/// Numbers and all that they rest on.
struct KnnReport {
  std::string protocol;  ///< features, network, epoch, split, metric, votes, seed
  std::string epochs;    ///< that the network was trained, "unknown" where its file does not say
  std::vector<eval::KnnResult> results;  ///< for each temperature, all k
  std::vector<std::string> class_names;  ///< by number; empty where classes are numbers
};

/// Throws Error(usage) for options that do not go together, Error(data) without labels, what
/// opening the run throws, and Error(guard) where features are not finite.
KnnReport evaluate_knn(const EvalOptions& what, const KnnOptions& options, plugin::Catalog& catalog,
                       Log& log);

struct LinearReport {
  std::string protocol;
  std::string epochs;
  std::vector<eval::LinearResult> results;  ///< one a seed
};

/// Linear probes with the seeds options.seed, options.seed + 1, … `seeds` of them; as above.
LinearReport evaluate_linear(const EvalOptions& what, const eval::LinearOptions& options,
                             std::int64_t seeds, plugin::Catalog& catalog, Log& log);

struct BaselineReport {
  std::string protocol;
  std::string epochs;
  config::EvalSection section;  ///< the run's k and temperature
  std::vector<Accuracies> lines;
};

/// The trained network of a run beside what needs no training; as above.
BaselineReport evaluate_baselines(const EvalOptions& what, plugin::Catalog& catalog, Log& log);

}  // namespace tandem::run
