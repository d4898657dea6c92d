#pragma once

#include "config/config.hpp"
#include "report/observer.hpp"
#include "run/data_set.hpp"
#include "tandem/sdk/encoder.hpp"

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

namespace tandem::run {

/// kNN of the encoder's features under the configuration's k and temperature, in per cent, with its
/// protocol. The encoder is in training mode afterwards. Precondition: the data set has queries.
report::EvalEvent evaluate_knn(Encoder& encoder, const config::Config& config, const DataSet& data,
                               const data::Shape& shape, std::int64_t epoch, std::int64_t step);

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

/// The trained and an untrained encoder of one configuration against raw pixels (averaged to at
/// most 32 × 32) and their first 128 principal components. `done` is told each line when it is
/// ready.
std::vector<Accuracies> compare_with_baselines(Encoder& trained, Encoder& untrained,
                                               const config::Config& config, const DataSet& data,
                                               const data::Shape& shape,
                                               const std::function<void(const Accuracies&)>& done);

/// What the numbers of a comparison rest on: bank, queries, protocol.
std::string protocol(const config::Config& config, const DataSet& data);

}  // namespace tandem::run
