#pragma once

#include "jitter_steps.hpp"

namespace tandem::image {

/// All steps as one affine map of RGB, as fast pipelines have it: what they leave of the range of
/// pixels is cut off once, at the end; the means that contrast needs are mapped along; hue is a
/// turn of the plane of chroma (Y'UV), a 3 × 3 matrix. Bytes are rounded once. For three channels
/// alone.
void take_steps_by_matrix(Image& image, std::span<const JitterStep> steps);

}  // namespace tandem::image
