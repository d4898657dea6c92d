#pragma once

#include "data/source.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tandem::data {

/// Per channel, of pixels in 0 … 1: a normalised value is (pixel - mean) / std. Empty: pixels in 0
/// … 1.
struct Normalization {
  std::vector<float> mean, std;
};

/// Mean and standard deviation over the pixels of `at_most` pictures, evenly spread. A deviation
/// below 1/255 becomes 1/255; of floats, taken as they are, 1 where all are equal. Unreadable ones
/// are left out; throws Error(data) where all are, or where their numbers of channels differ.
Normalization measure(const Source& source, std::int64_t at_most = 2000);

/// What a channel's 8-bit pixels become: pixel * scale + shift.
struct PixelScale {
  std::vector<float> scale, shift;  ///< one a channel
};

/// Writes images as normalised floats. [const, many threads at once]
class Normalizer {
 public:
  /// Throws Error(config) unless `values` has no entry, or one of each (used for all channels), or
  /// `channels` of each, and every standard deviation is above 0.
  Normalizer(const Normalization& values, int channels);

  /// Writes `image.values()` floats, packed, channels innermost. 8-bit pixels are divided by 255,
  /// float pixels taken as they are. Precondition: the image has the `channels` of the constructor.
  void write(const Image& image, float* out) const;
  /// The same for `count` 8-bit values of whole pixels.
  void write(const std::uint8_t* pixels, std::size_t count, float* out) const;

  /// What `write` does to 8-bit pixels, for who does it elsewhere, to the same bits: the product
  /// rounded, then the sum.
  PixelScale pixel_scale() const;

 private:
  /// Scale and shift, repeated so that a run over the pattern is a whole number of pixels.
  struct Affine {
    std::vector<float> scale, shift;
  };
  Affine bytes_, floats_;
  std::size_t channels_;
};

}  // namespace tandem::data
