#pragma once

#include "data/view.hpp"
#include "tandem/sdk/encoder.hpp"

#include <c10/core/ScalarType.h>

#include <string>
#include <vector>

namespace tandem::run {

/// Runs every size of view through the encoder once, in eval mode, which leaves BatchNorm's
/// statistics and random state untouched; the encoder is in training mode afterwards. Throws what a
/// view of that size throws, its number in front: also that its latents are not as wide as the
/// first's.
void check_view_widths(Encoder& encoder, const std::vector<data::Shape>& views,
                       at::ScalarType type);

}  // namespace tandem::run
