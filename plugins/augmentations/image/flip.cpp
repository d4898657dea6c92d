#include "flip.hpp"

#include "draw_text.hpp"
#include "pixels.hpp"
#include "vector.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace tandem::image {
namespace {

/// One row of pixels of a fixed number of channels (0: any), from `from` to `to` backwards.
template <std::size_t Channels, class T>
void reverse(const T* __restrict from, std::size_t pixels, std::size_t channels, T* __restrict to) {
  if constexpr (Channels != 0) channels = Channels;
  const T* last = from + (pixels - 1) * channels;
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < channels; ++c) to[i * channels + c] = last[c];
    last -= channels;
  }
}

/// Five pixels of three bytes at a time, in a vector whose last byte the next five write over.
/// Reads a byte behind `from`.
inline void reverse_rgb(const std::uint8_t* __restrict from, std::size_t pixels,
                        std::uint8_t* __restrict to) {
  using Bytes __attribute__((vector_size(16))) = std::uint8_t;
  std::size_t i = 0;
  for (; i + 6 <= pixels; i += 5) {
    Bytes five;
    std::memcpy(&five, from + 3 * (pixels - 5 - i), sizeof five);
    five =
        __builtin_shufflevector(five, five, 12, 13, 14, 9, 10, 11, 6, 7, 8, 3, 4, 5, 0, 1, 2, 15);
    std::memcpy(to + 3 * i, &five, sizeof five);
  }
  reverse<3>(from, pixels - i, 3, to + 3 * i);
}
inline void reverse_rgb(const float* __restrict from, std::size_t pixels, float* __restrict to) {
  reverse<3>(from, pixels, 3, to);
}

template <class T>
void flip_rows(T* row, const Image& image, T* copy) {
  const auto channels = static_cast<std::size_t>(image.channels());
  const auto pixels = static_cast<std::size_t>(image.width());
  for (int y = 0; y < image.height(); ++y, row += pixels * channels) {
    std::copy_n(row, pixels * channels, copy);
    if (channels == 3)
      reverse_rgb(copy, pixels, row);
    else if (channels == 1)
      reverse<1>(copy, pixels, channels, row);
    else
      reverse<0>(copy, pixels, channels, row);
  }
}

template <class T>
void flip(T* pixels, const Image& image) {
  thread_local std::vector<T> copy;
  copy.resize(static_cast<std::size_t>(image.width()) * static_cast<std::size_t>(image.channels()) +
              1);
  vectorised<flip_rows<T>>(pixels, image, copy.data());
}

}  // namespace

void HorizontalFlip::Params::declare(Fields<Params>& f) {
  f("p", &Params::p, "probability").range(0, 1);
}

void HorizontalFlip::apply(Image& image, Random& random) const {
  if (!draw(image, random)) return;
  with_pixels(image, [&image](auto* pixels) { flip(pixels, image); });
}

std::string HorizontalFlip::describe_draw(const Image& image, Random random) const {
  return draw(image, random) ? "flipped" : not_applied;
}

bool HorizontalFlip::draw(const Image& image, Random& random) const {
  return random.chance(p_) && image.values() != 0;
}

}  // namespace tandem::image
