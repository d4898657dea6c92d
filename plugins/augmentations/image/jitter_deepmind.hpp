#pragma once

#include "jitter_steps.hpp"

namespace tandem::image {

/// Steps as BYOL's own code takes them (deepmind-research, byol/utils/augmentations.py): brightness
/// is added, contrast is about each channel's own mean, saturation and hue are those of HSV, and
/// every step is cut off to the range of pixels. In floats throughout; bytes are rounded once.
void take_deepmind_steps(Image& image, std::span<const JitterStep> steps);

}  // namespace tandem::image
