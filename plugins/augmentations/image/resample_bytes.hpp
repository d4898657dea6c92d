#pragma once

#include "resample.hpp"

namespace tandem::image {

/// `resample` of 8-bit images: Pillow's to the integer, with its weights of 22 bits behind the
/// point.
void resample_bytes(Image& image, const Box& box, int height, int width, Filter filter);

}  // namespace tandem::image
