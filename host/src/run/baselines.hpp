#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tandem::run {

class TrainedRun;

/// One line of the comparison: accuracies in per cent.
struct Accuracies {
  std::string features;  ///< what is compared, e.g. "PCA-128 of raw pixels"
  double knn = 0;        ///< the configuration's k and temperature
  double best_knn = 0;   ///< the best of a grid of k and temperatures, chosen on these very queries
  std::int64_t best_k = 0;
  double best_temperature = 0;
  double few_labels = -1;  ///< kNN (k 5, T 0.1) from 10 labels a class, mean of 10 draws; -1 where
                           ///< a class has fewer
  double few_labels_deviation = 0;
  double shifted = 0;  ///< `knn` on queries moved by up to 3 pixels
};

/// The lines of the comparison, and what they rest on.
struct Baselines {
  std::string protocol;
  std::vector<Accuracies> lines;
};

/// A run's trained network and the same untrained, against raw pixels (averaged to at most 32 × 32)
/// and their first 128 principal components. `done` is told each line when it is ready.
/// Precondition: the run's data set has queries.
Baselines compare_with_baselines(TrainedRun& run,
                                 const std::function<void(const Accuracies&)>& done);

}  // namespace tandem::run
