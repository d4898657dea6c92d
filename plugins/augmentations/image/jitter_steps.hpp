#pragma once

#include "tandem/base/image.hpp"

#include <cstddef>
#include <span>

namespace tandem::image {

/// What a jitter changes, in the order of its draws.
enum Quality : std::size_t { brightness, contrast, saturation, hue };

/// A factor, or a share of the circle for hue.
struct JitterStep {
  Quality quality;
  float value;
};

/// Takes steps, of which one at most is of contrast, as `ColorJitter` describes them. Those of
/// saturation and hue are for RGB alone.
void take_steps(Image& image, std::span<const JitterStep> steps);

}  // namespace tandem::image
