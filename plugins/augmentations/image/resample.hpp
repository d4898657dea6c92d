#pragma once

#include "tandem/base/image.hpp"

namespace tandem::image {

enum class Filter { bilinear, bicubic };

/// A part of an image, in pixels.
struct Box {
  int top = 0, left = 0, height = 0, width = 0;
};

/// Makes the image the `box` of it, scaled to height × width: a separable convolution whose filter
/// is stretched where the picture shrinks (antialiased), cut off at the box's edges and normalised
/// there; the cubic is Keys' with a = -1/2, as Pillow has it: along the rows first, and bytes are
/// rounded between the two directions. Floats keep the cubic's overshoot. Any type and number of
/// channels.
void resample(Image& image, const Box& box, int height, int width, Filter filter);

/// Makes the image the `box` of it as floats, scaled as TensorFlow does by default: the filter is
/// never stretched, so that a picture that shrinks is not antialiased; overshoot is cut off.
void resample_plainly(Image& image, const Box& box, int height, int width, Filter filter);

/// Makes the image the `box` of it. Parts of the box outside the image become 0.
void cut(Image& image, const Box& box);

}  // namespace tandem::image
