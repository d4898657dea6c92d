#pragma once

#include "config/config.hpp"
#include "formats/json_lines.hpp"
#include "run/data_set.hpp"
#include "tandem/base/log.hpp"
#include "tandem/sdk/encoder.hpp"

#include <cstdint>

namespace tandem::run {

/// What only the network can tell a run's page: a map of at most 1000 pictures' features on their
/// first two principal components, and the nearest of at most 1000 training pictures to 8 others,
/// by cosine, with thumbnails. Held-out pictures where there are any, else training pictures.
/// Without the map, and a warning, where fewer than two pictures differ in their features. The
/// encoder is in training mode afterwards. Throws Error(guard) where features are not finite.
formats::Json gallery(Encoder& encoder, const config::Config& config, const DataSet& data,
                      const data::Shape& shape, std::int64_t steps, Log& log);

}  // namespace tandem::run
