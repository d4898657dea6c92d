#pragma once

#include "config/config.hpp"
#include "eval/features.hpp"
#include "eval/scores.hpp"
#include "report/observer.hpp"
#include "run/data_set.hpp"
#include "tandem/sdk/encoder.hpp"

#include <atomic>
#include <string>
#include <vector>

namespace tandem::run {

class ProbeFollower;

/// kNN of the encoder's features under the configuration's k and temperature, in per cent, with its
/// protocol; then, where there is one, the same of the online probe on the queries' features. The
/// encoder is in training mode afterwards. Throws Stopped soon after `stop` is set. Precondition:
/// the data set has queries.
std::vector<report::EvalEvent> evaluate(Encoder& encoder, const config::Config& config,
                                        const DataSet& data, const data::Shape& shape,
                                        std::int64_t epoch, std::int64_t step,
                                        const ProbeFollower* probe, const std::atomic<bool>& stop);

/// The k and the temperature of [eval].
eval::KnnSetting knn_setting(const config::Config& config);
/// What features are of: layer, pooling, backbone and objective.
std::string network(const config::Config& config);
/// Which pictures answer which. Precondition: the data set has queries.
std::string split(const DataSet& data);
/// How many pictures take no part, to follow a split: empty where all do.
std::string left_out(const eval::Features& bank, const eval::Features& queries);
/// What the numbers of a comparison rest on: bank, queries, protocol; `parts` follows the split.
std::string protocol(const config::Config& config, const DataSet& data,
                     const std::string& parts = "");

}  // namespace tandem::run
