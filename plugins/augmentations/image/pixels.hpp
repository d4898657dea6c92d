#pragma once

#include "tandem/base/image.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace tandem::image {

/// Calls `f` with the image's pixels in their own type.
template <class F>
void with_pixels(Image& image, F&& f) {
  if (image.type() == PixelType::u8) {
    f(image.u8());
  } else {
    f(image.f32());
  }
}

/// The image's second buffer, in a given pixel type.
template <class T>
T* scratch(Image& image, int height, int width) {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    return image.scratch_u8(height, width, image.channels());
  } else {
    return image.scratch_f32(height, width, image.channels());
  }
}

/// A value of 0 … 1 as a pixel.
template <class T>
T pixel(double value) {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    return static_cast<std::uint8_t>(value * 255 + 0.5);
  } else {
    return static_cast<float>(value);
  }
}

/// Values as floats, and back; bytes are rounded and kept within their range.
template <class T>
void widen(const T* __restrict from, std::size_t count, float* __restrict to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]);
}

template <class T>
void store(const float* __restrict from, std::size_t count, T* __restrict to) {
  constexpr float half = sizeof(T) == 1 ? 0.5f : 0.0f;
  for (std::size_t i = 0; i < count; ++i) {
    float value = from[i] + half;
    if constexpr (sizeof(T) == 1) value = std::min(std::max(value, 0.0f), 255.0f);
    to[i] = static_cast<T>(value);
  }
}

}  // namespace tandem::image
