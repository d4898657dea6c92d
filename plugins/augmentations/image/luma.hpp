#pragma once

#include <cstdint>

namespace tandem::image {

/// Brightness by ITU-R 601, of 8-bit values in Pillow's fixed point: exact in float, since all sums
/// stay below 2^24.
inline float luma_u8(float r, float g, float b) {
  return static_cast<float>(
      static_cast<std::int32_t>((19595 * r + 38470 * g + 7471 * b + 32768) * (1.0f / 65536)));
}
inline float luma_f32(float r, float g, float b) {
  return 0.299f * r + 0.587f * g + 0.114f * b;
}

template <class T>
float luma(float r, float g, float b) {
  if constexpr (sizeof(T) == 1) return luma_u8(r, g, b);
  return luma_f32(r, g, b);
}

}  // namespace tandem::image
