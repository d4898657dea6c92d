#pragma once

#include <algorithm>
#include <cstddef>
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

/// Some pixels with their channels apart, as loops over pixels want them.
struct Planes {
  static constexpr std::size_t size = 64;
  float r[size], g[size], b[size];

  template <class T>
  void load(const T* pixels, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      r[i] = static_cast<float>(pixels[3 * i]);
      g[i] = static_cast<float>(pixels[3 * i + 1]);
      b[i] = static_cast<float>(pixels[3 * i + 2]);
    }
  }

  /// Values must be within the type's range; what lies behind the point is cut off for bytes.
  template <class T>
  void store(T* pixels, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i) {
      pixels[3 * i] = static_cast<T>(r[i]);
      pixels[3 * i + 1] = static_cast<T>(g[i]);
      pixels[3 * i + 2] = static_cast<T>(b[i]);
    }
  }
};

/// Changes RGB pixels, some at a time: `change(planes)` works on all of `Planes::size`, of which
/// the last may be unused.
template <class T, class Change>
void change_rgb(T* pixels, std::size_t pixel_count, Change&& change) {
  Planes planes{};
  for (std::size_t done = 0; done < pixel_count; done += Planes::size) {
    const std::size_t count = std::min(Planes::size, pixel_count - done);
    planes.load(pixels + 3 * done, count);
    change(planes);
    planes.store(pixels + 3 * done, count);
  }
}

}  // namespace tandem::image
