#pragma once

#include "tandem/base/image.hpp"

namespace tandem::image {

/// Pillow's ImageFilter.GaussianBlur: three passes of a box in each direction, whose fractional
/// width makes their variances add up to `sigma`² (Gwosdek et al., "Theoretical foundations of
/// Gaussian convolution by extended box filtering", 2011); the picture's edge is repeated outwards.
/// Bytes are computed in Pillow's fixed point and rounded after each pass, to the same integers.
void box_blur(Image& image, float sigma);

}  // namespace tandem::image
