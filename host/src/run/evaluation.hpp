#pragma once

#include "config/config.hpp"
#include "report/observer.hpp"
#include "run/data_set.hpp"
#include "tandem/sdk/encoder.hpp"

#include <string>

namespace tandem::run {

/// kNN of the encoder's features under the configuration's k and temperature, in per cent, with its
/// protocol. The encoder is in training mode afterwards. Precondition: the data set has queries.
report::EvalEvent evaluate_knn(Encoder& encoder, const config::Config& config, const DataSet& data,
                               const data::Shape& shape, std::int64_t epoch, std::int64_t step);

/// What features are of: layer, pooling, backbone and objective.
std::string network(const config::Config& config);
/// Which pictures answer which. Precondition: the data set has queries.
std::string split(const DataSet& data);
/// What the numbers of a comparison rest on: bank, queries, protocol.
std::string protocol(const config::Config& config, const DataSet& data);

}  // namespace tandem::run
