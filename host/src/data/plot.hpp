#pragma once

#include "tandem/base/image.hpp"

namespace tandem::data {

/// The values that a plot's height stands for.
struct Range {
  float low = 0, high = 1;
};

/// The range of an image's values: 0 … 255 at most for 8-bit ones. Values that are not finite are
/// left out.
Range range_of(const Image& series);

/// A series (an image of one row) drawn as lines from left to right into an 8-bit RGB square of
/// `side` pixels: one line each for its first three channels; values outside the range are cut off.
Image plot(const Image& series, Range range, int side);

}  // namespace tandem::data
