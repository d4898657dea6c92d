#pragma once

#include "tandem/base/image.hpp"

#include <cstdint>
#include <span>

namespace tandem::data {

struct DecodeOptions {
  int channels = 3;  ///< 1 (grey by ITU-R 601) or 3 (RGB)
  std::int64_t max_pixels = 64'000'000;
};

/// Decodes a picture that a file holds, told by its first bytes: JPEG by libjpeg-turbo, whose
/// warnings are errors (a truncated file is one), all else by OpenCV. Alpha is dropped, 16 bits
/// become 8, the orientation that EXIF asks for is not applied. Throws Error(data) with the bare
/// reason, without a name. The size is checked before decoding where the header of a JPEG, PNG or
/// BMP tells it. [any thread]
void decode(std::span<const std::uint8_t> bytes, const DecodeOptions& options, Image& out);

/// The same for a JPEG alone.
void decode_jpeg(std::span<const std::uint8_t> bytes, const DecodeOptions& options, Image& out);

/// Throws Error(data) where a picture is empty or larger than `max_pixels`.
void check_pixels(std::int64_t height, std::int64_t width, std::int64_t max_pixels);

}  // namespace tandem::data
