#pragma once

#include "planes.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

/// Turning hues, for loops that are vectorised: floats by the formula, bytes as Pillow does it.
namespace tandem::image {

/// The hue, 0 … 6, counted from red over green.
inline float hue_of(float r, float g, float b, float highest, float chroma) {
  const float inverse = 1 / std::max(chroma, 1e-9f);  // a grey pixel has no hue
  const float from_red = (g - b) * inverse;
  const float from_green = (b - r) * inverse + 2;
  const float from_blue = (r - g) * inverse + 4;
  return r == highest ? from_red : g == highest ? from_green : from_blue;
}

/// A channel of the colour of a given hue: `offset` is 5 for red, 3 for green, 1 for blue.
inline float channel(float hue, float offset, float highest, float chroma) {
  float k = hue + offset;
  k = k < 0 ? k + 6 : k;
  k = k >= 6 ? k - 6 : k;
  k = k >= 6 ? k - 6 : k;
  return highest - chroma * std::max(0.0f, std::min(std::min(k, 4 - k), 1.0f));
}

/// Turns hues of floats by `turn` (of 6), leaving the largest and the smallest channel of a pixel
/// as large and as small.
inline void turn_hues(Planes& p, float turn) {
  for (std::size_t i = 0; i < Planes::size; ++i) {
    const float r = p.r[i], g = p.g[i], b = p.b[i];
    const float highest = std::max(std::max(r, g), b);
    const float chroma = highest - std::min(std::min(r, g), b);
    const float hue = hue_of(r, g, b, highest, chroma) + turn;
    p.r[i] = channel(hue, 5, highest, chroma);
    p.g[i] = channel(hue, 3, highest, chroma);
    p.b[i] = channel(hue, 1, highest, chroma);
  }
}

/// A choice without branches, of which compilers make many more when they nest.
class Mask {
 public:
  explicit Mask(bool chosen) : bits_(-static_cast<std::int32_t>(chosen)) {}
  std::int32_t pick(std::int32_t a, std::int32_t b) const { return b ^ ((a ^ b) & bits_); }
  float pick(float a, float b) const {
    return std::bit_cast<float>(
        pick(std::bit_cast<std::int32_t>(a), std::bit_cast<std::int32_t>(b)));
  }

 private:
  std::int32_t bits_;
};

/// Pillow's H of a byte pixel, turned by `turn` levels, 0 … 255. Pillow rounds the hue of 0 … 6 to
/// a float, which leaves some that are whole levels, 42.5 a sextant, below them: it is rounded
/// alike here. Above 3 that is lost in the product with 42.5, so that the hue is counted from 2 on,
/// or from 4 on where it may be rounded otherwise: all colours come out as in Pillow. `span` is the
/// chroma, at least 1: the hue of a grey pixel does not matter, since its saturation is 0.
inline float byte_hue_of(float r, float g, float b, float highest, float middle, float span,
                         std::int32_t turn) {
  const Mask rg(r >= g), gb(g >= b), rb(r >= b);
  // Within a sextant the hue rises or falls with x: c + x, or -c - x.
  const float x = (highest - middle) / span;
  const float c =
      gb.pick(rg.pick(-1.0f, rb.pick(1.0f, -3.0f)), rb.pick(1.0f, rg.pick(-5.0f, 3.0f)));
  const float hue = std::abs(x + c) - gb.pick(0.0f, rb.pick(0.0f, 2.0f));
  const std::int32_t levels = gb.pick(0, rb.pick(170, 85)) + turn;
  return static_cast<float>((static_cast<std::int32_t>(hue * 42.5f) + levels) & 255);
}

/// A channel of the pixel with Pillow's H, S and V, V · (1 - S / 255 · lack / 42.5), rounded.
/// `lack` is how far the hue is from where this channel is V, in levels, of which only 0 … 42.5
/// count; `full` is V and a half, `steep` is V · S / (255 · 42.5): in float all channels come out
/// as by whole numbers.
inline float byte_channel(float full, float steep, float lack) {
  const float value = full - steep * std::min(std::max(lack, 0.0f), 42.5f);
  return static_cast<float>(static_cast<std::int32_t>(value));
}

/// Turns hues of bytes by `turn` of Pillow's 256 levels (0 … 255): the pixels that Pillow makes of
/// RGB by way of its 8-bit HSV.
inline void turn_byte_hues(Planes& p, std::int32_t turn) {
  for (std::size_t i = 0; i < Planes::size; ++i) {
    const float r = p.r[i], g = p.g[i], b = p.b[i];
    const float more = std::max(r, g), less = std::min(r, g);
    const float highest = std::max(more, b), lowest = std::min(less, b);
    const float middle = std::max(less, std::min(more, b));
    const float chroma = highest - lowest;
    const float hue = byte_hue_of(r, g, b, highest, middle, std::max(chroma, 1.0f), turn);
    // 255 times Pillow's quotient, which is rounded up where that is a whole number.
    const float saturation =
        static_cast<float>(static_cast<std::int32_t>(255 * chroma / std::max(highest, 1.0f)));
    const float full = highest + 0.5f, steep = highest * saturation * (2 / 21675.0f);
    // Pillow's circle has 255 levels, its sextant 42.5.
    p.r[i] = byte_channel(full, steep, 85 - std::abs(hue - 127.5f));
    p.g[i] = byte_channel(full, steep, std::abs(hue - 85) - 42.5f);
    p.b[i] = byte_channel(full, steep, std::abs(hue - 170) - 42.5f);
  }
}

}  // namespace tandem::image
