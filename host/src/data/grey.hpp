#pragma once

#include <cstddef>
#include <cstdint>

namespace tandem::data {

/// How bright a colour is by ITU-R 601, rounded as Pillow does.
inline std::uint8_t grey_of(std::uint32_t red, std::uint32_t green, std::uint32_t blue) {
  return static_cast<std::uint8_t>((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}

/// `pixels` colours to their grey; `out` may be `rgb`.
inline void to_grey(const std::uint8_t* rgb, std::size_t pixels, std::uint8_t* out) {
  for (std::size_t i = 0; i < pixels; ++i, rgb += 3) out[i] = grey_of(rgb[0], rgb[1], rgb[2]);
}

}  // namespace tandem::data
