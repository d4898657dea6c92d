#pragma once

#include "planes.hpp"

#include <algorithm>
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

/// x / 6, rounded as a division does it, which takes longer: what is left over is exact, and a
/// third is never half way between two floats.
inline float sixth_of(float x) {
  constexpr float one_third = 1.0f / 3;
  const float third = x * one_third;
  const float rest = x - 2 * third - third;
  return (third + rest * one_third) / 2;
}

/// 255 · share without what lies behind the point, of a share of 0 … 1. The product in float may
/// have been rounded up to a whole number; 256 · share - whole is then exact, so whether it is less
/// than `share` tells. Pillow's product, in double, is exact.
inline float levels_of(float share) {
  const float whole = static_cast<float>(static_cast<std::int32_t>(255 * share));
  return 256 * share - whole < share ? whole - 1 : whole;
}

/// Pillow's H of a byte pixel, 0 … 255, rounded wherever Pillow rounds. `span` is the chroma, at
/// least 1: the hue of a grey pixel does not matter, since its saturation is 0.
inline float byte_hue_of(float r, float g, float b, float highest, float lowest, float span) {
  const float middle = r + g + b - highest - lowest;
  const float x = (highest - middle) / span;
  // Within a sextant the hue, of 6, rises or falls with x; the sixth counts from below red.
  const float red = g >= b ? 1 - x : x - 1;
  const float green = b <= r ? 1 + x : 3 - x;
  const float blue = r <= g ? 3 + x : 5 - x;
  const float share = sixth_of(r == highest ? red : g == highest ? green : blue);
  return levels_of(share < 0 ? share + 1 : share);
}

/// A channel of the pixel with Pillow's H, S and V, V · (1 - S / 255 · lack / 85), rounded. `lack`
/// is how far the hue is from where this channel is V, in 85ths of a sextant, of which only 0 … 85
/// count. In parts of 1 / 21675, which is 255 · 85, all is whole or half and exact in float: `full`
/// is V and a half, `steep` is V · S.
inline float byte_channel(float full, float steep, float lack) {
  const float value = (full - steep * std::min(std::max(lack, 0.0f), 85.0f)) * (1 / 21675.0f);
  return static_cast<float>(static_cast<std::int32_t>(value));
}

/// Turns hues of bytes by `turn` of Pillow's 256 levels (0 … 255): the pixels that Pillow makes of
/// RGB by way of its 8-bit HSV.
inline void turn_byte_hues(Planes& p, float turn) {
  for (std::size_t i = 0; i < Planes::size; ++i) {
    const float r = p.r[i], g = p.g[i], b = p.b[i];
    const float highest = std::max(std::max(r, g), b), lowest = std::min(std::min(r, g), b);
    const float chroma = highest - lowest;
    float hue = byte_hue_of(r, g, b, highest, lowest, std::max(chroma, 1.0f)) + turn;
    hue = hue > 255 ? hue - 256 : hue;
    const float saturation = levels_of(chroma / std::max(highest, 1.0f));
    const float full = highest * 21675 + 10837.5f, steep = highest * saturation;
    // Pillow's circle has 255 levels, its sextant 42.5: twice the hue is a whole number of 85ths.
    p.r[i] = byte_channel(full, steep, 170 - std::abs(2 * hue - 255));
    p.g[i] = byte_channel(full, steep, std::abs(2 * hue - 170) - 85);
    p.b[i] = byte_channel(full, steep, std::abs(2 * hue - 340) - 85);
  }
}

}  // namespace tandem::image
