#include "box_blur.hpp"

#include "pixels.hpp"
#include "vector.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <vector>

namespace tandem::image {
namespace {

constexpr int passes = 3;

/// A box of 2·radius + 1 values of weight `inner` between two of weight `edge`.
struct Box1d {
  std::size_t radius;
  std::uint32_t inner, edge;  ///< of 2^24

  explicit Box1d(float sigma);
  std::size_t lines() const { return 2 * radius + 3; }
};

Box1d::Box1d(float sigma) {
  const float variance = sigma * sigma / passes;
  const float length = static_cast<float>(std::sqrt(12.0 * variance + 1));
  const float whole = std::floor((length - 1) / 2);
  const float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) /
                     (6 * (variance - (whole + 1) * (whole + 1)));
  const float width = whole + part;
  constexpr std::uint32_t one = 1u << 24;
  radius = static_cast<std::size_t>(width);
  inner = static_cast<std::uint32_t>(static_cast<float>(one) / (width * 2 + 1));
  edge = (one - static_cast<std::uint32_t>(2 * radius + 1) * inner) / 2;
}

constexpr std::size_t block = 64;

/// One block of a pass: `lines` are what lies under the box, from one edge to the other.
template <class T>
void mix_block(const T* const* lines, const Box1d& box, std::size_t at, std::size_t count,
               T* __restrict out) {
  // Sixteen bits hold the sum of a box of up to 257 bytes.
  using Sum = std::conditional_t<sizeof(T) == 1, std::uint16_t, float>;
  const std::size_t last = box.lines() - 1;
  Sum sums[block] = {};
  for (std::size_t line = 1; line < last; ++line) {
    const T* in = lines[line] + at;
    for (std::size_t i = 0; i < count; ++i) sums[i] = static_cast<Sum>(sums[i] + in[i]);
  }
  const T *left = lines[0] + at, *right = lines[last] + at;
  const std::uint32_t inner = box.inner, edge = box.edge;
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (sizeof(T) == 1) {
      const std::uint32_t edges = static_cast<std::uint32_t>(left[i]) + right[i];
      out[at + i] = static_cast<T>((sums[i] * inner + edges * edge + (1u << 23)) >> 24);
    } else {
      constexpr float unit = 1.0f / (1u << 24);
      out[at + i] =
          (sums[i] * static_cast<float>(inner) + (left[i] + right[i]) * static_cast<float>(edge)) *
          unit;
    }
  }
}

template <class T>
void mix_lines(const T* const* lines, const Box1d& box, std::size_t count, T* out) {
  std::size_t at = 0;
  for (; at + block <= count; at += block) mix_block(lines, box, at, block, out);
  if (at < count) mix_block(lines, box, at, count - at, out);
}

TANDEM_VECTOR void mix(const std::uint8_t* const* lines, const Box1d& box, std::size_t count,
                       std::uint8_t* out) {
  mix_lines(lines, box, count, out);
}
TANDEM_VECTOR void mix(const float* const* lines, const Box1d& box, std::size_t count, float* out) {
  mix_lines(lines, box, count, out);
}

/// What a thread keeps from one picture to the next.
template <class T>
struct Work {
  std::vector<const T*> lines;
  std::vector<T> row;
};

/// All passes along each row, in place: the lines under the box are one and the same row, moved by
/// a pixel.
template <class T>
void along_rows(T* pixels, const Image& shape, const Box1d& box, Work<T>& work) {
  const auto channels = static_cast<std::size_t>(shape.channels());
  const std::size_t values = static_cast<std::size_t>(shape.width()) * channels;
  const std::size_t margin = (box.radius + 1) * channels;
  work.row.resize(values + 2 * margin);
  T* const padded = work.row.data();
  for (std::size_t i = 0; i < box.lines(); ++i) work.lines[i] = padded + i * channels;
  for (int y = 0; y < shape.height(); ++y, pixels += values) {
    for (int pass = 0; pass < passes; ++pass) {
      std::copy_n(pixels, values, padded + margin);
      for (std::size_t i = 0; i < margin; ++i) {
        padded[i] = pixels[i % channels];
        padded[margin + values + i] = pixels[values - channels + i % channels];
      }
      mix(work.lines.data(), box, values, pixels);
    }
  }
}

/// One pass down the columns of `from`.
template <class T>
void down_columns(const T* from, const Image& shape, const Box1d& box, Work<T>& work, T* to) {
  const std::size_t stride =
      static_cast<std::size_t>(shape.width()) * static_cast<std::size_t>(shape.channels());
  const auto reach = static_cast<std::ptrdiff_t>(box.radius) + 1;
  for (int y = 0; y < shape.height(); ++y, to += stride) {
    for (std::ptrdiff_t i = -reach; i <= reach; ++i) {
      const auto row = std::clamp<std::ptrdiff_t>(y + i, 0, shape.height() - 1);
      work.lines[static_cast<std::size_t>(i + reach)] =
          from + static_cast<std::size_t>(row) * stride;
    }
    mix(work.lines.data(), box, stride, to);
  }
}

template <class T>
void blur(T* pixels, Image& image, const Box1d& box) {
  thread_local Work<T> work;
  work.lines.resize(box.lines());
  along_rows(pixels, image, box, work);
  for (int pass = 0; pass < passes; ++pass) {
    T* to = scratch<T>(image, image.height(), image.width());
    down_columns(pixels, image, box, work, to);
    image.swap();
    pixels = to;
  }
}

}  // namespace

void box_blur(Image& image, float sigma) {
  const Box1d box(sigma);
  with_pixels(image, [&](auto* pixels) { blur(pixels, image, box); });
}

}  // namespace tandem::image
