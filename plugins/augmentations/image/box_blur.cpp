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
  bool odd() const { return inner % 2 != 0; }
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

/// Between the passes a byte has sixteen bits, in which a box of up to 257 of them is summed.
using Wide = std::uint16_t;

template <class T>
T mixed(T sum, T left, T right, const Box1d& box) {
  if constexpr (std::is_same_v<T, Wide>) {
    const auto edges = static_cast<Wide>(left + right);
    return static_cast<Wide>((sum * box.inner + edges * box.edge + (1u << 23)) >> 24);
  } else {
    constexpr float unit = 1.0f / (1u << 24);
    return (sum * static_cast<float>(box.inner) + (left + right) * static_cast<float>(box.edge)) *
           unit;
  }
}

/// So many values at a time that sums stay in registers.
constexpr std::size_t block = 32;

/// The upper half of a product.
inline std::int16_t upper(std::int16_t a, std::int16_t b) {
  return static_cast<std::int16_t>(std::int32_t{a} * b >> 16);
}

/// One block of a box of one byte between its edges, in sixteen bits throughout. As the weights add
/// up to 2^24, or, if `odd`, to one less, a byte changes by
/// (difference · edge - odd · byte + 2^23) / 2^24, rounded down, which is
/// (difference · major + rest + 2^15) / 2^16, where `edge` is 256 · `major` + `minor`.
template <bool Odd, class Out>
void mix_singles(const Wide* left, const Wide* middle, const Wide* right, const Box1d& box,
                 std::size_t count, Out* __restrict out) {
  const auto minor = static_cast<std::int16_t>(static_cast<std::int8_t>(box.edge & 255));
  const auto major = static_cast<std::int16_t>((static_cast<std::int32_t>(box.edge) - minor) / 256);
  const auto shifted = static_cast<std::int16_t>(minor * 256);
  for (std::size_t i = 0; i < count; ++i) {
    const auto byte = static_cast<std::int16_t>(middle[i]);
    const auto difference = static_cast<std::int16_t>(left[i] + right[i] - 2 * byte);
    std::int16_t rest = upper(difference, shifted);
    if (Odd) {
      const auto low = static_cast<std::int16_t>(difference * minor & 255);
      rest = static_cast<std::int16_t>(rest - (low < byte ? 1 : 0));
    }
    // Whether the product's lower half, `rest` and 2^15 together reach 2^16.
    const auto lower = static_cast<std::int16_t>(difference * major);
    const auto lacking = static_cast<std::int16_t>(lower ^ 0x7fff);
    const std::int16_t carry = rest > lacking ? 1 : 0;
    out[i] = static_cast<Out>(byte + upper(difference, major) + carry);
  }
}

/// One block of a pass: `lines` are what lies under the box, from one edge to the other. `Inner` is
/// how many lie between the edges, 0 if any number.
template <std::size_t Inner, class T, class Out>
void mix_block(const T* const* lines, const Box1d box, std::size_t at, std::size_t count,
               Out* __restrict out) {
  if constexpr (Inner == 1 && std::is_same_v<T, Wide>) {
    const T *left = lines[0] + at, *middle = lines[1] + at, *right = lines[2] + at;
    if (box.odd()) return mix_singles<true>(left, middle, right, box, count, out + at);
    return mix_singles<false>(left, middle, right, box, count, out + at);
  }
  T sums[block] = {};
  const std::size_t last = box.lines() - 1;
  for (std::size_t line = 1; Inner == 0 && line < last; ++line) {
    const T* in = lines[line] + at;
    for (std::size_t i = 0; i < count; ++i) sums[i] = static_cast<T>(sums[i] + in[i]);
  }
  const T *left = lines[0] + at, *right = lines[last] + at;
  const T* inner[Inner + 1];
  for (std::size_t line = 0; line < Inner; ++line) inner[line] = lines[line + 1] + at;
  for (std::size_t i = 0; i < count; ++i) {
    T sum = sums[i];
    for (std::size_t line = 0; line < Inner; ++line) sum = static_cast<T>(sum + inner[line][i]);
    out[at + i] = static_cast<Out>(mixed(sum, left[i], right[i], box));
  }
}

template <std::size_t Inner, class T, class Out>
void mix_lines(const T* const* lines, const Box1d& box, std::size_t count, Out* out) {
  if (count < block) return mix_block<Inner>(lines, box, 0, count, out);
  for (std::size_t at = 0; at + block <= count; at += block)
    mix_block<Inner>(lines, box, at, block, out);
  // The last block overlaps the one before.
  if (count % block != 0) mix_block<Inner>(lines, box, count - block, block, out);
}

/// Deviations up to 2.4 px have boxes of one or three.
template <class T, class Out>
void mix(const T* const* lines, const Box1d& box, std::size_t count, Out* out) {
  if (box.radius == 0) return mix_lines<1>(lines, box, count, out);
  if (box.radius == 1) return mix_lines<3>(lines, box, count, out);
  mix_lines<0>(lines, box, count, out);
}

/// A picture's measures.
struct Size {
  std::size_t rows, values, channels;  ///< values of a row
};

/// What a thread keeps from one picture to the next.
template <class T>
struct Work {
  std::vector<const T*> lines;   ///< under the box
  std::vector<T> padded[2];      ///< a row with its edges repeated, before and after a pass
  std::vector<T> rings[passes];  ///< the last `lines` rows before each pass down the columns

  void prepare(const Size& size, const Box1d& box) {
    lines.resize(box.lines());
    for (auto& row : padded) row.resize(size.values + 2 * (box.radius + 1) * size.channels);
    for (auto& ring : rings) ring.resize(box.lines() * size.values);
  }
  /// Where row `y` before a pass down the columns is kept.
  T* place(std::size_t pass, std::ptrdiff_t y, const Size& size, const Box1d& box) {
    return rings[pass].data() + static_cast<std::size_t>(y) % box.lines() * size.values;
  }
};

/// All passes along one row: the lines under the box are one and the same row, moved by a pixel.
template <class In, class T>
void along_row(const In* row, const Size& size, const Box1d& box, Work<T>& work, T* out) {
  const std::size_t margin = (box.radius + 1) * size.channels;
  std::copy_n(row, size.values, work.padded[0].data() + margin);
  for (int pass = 0; pass < passes; ++pass) {
    T* const padded = work.padded[pass % 2].data();
    T* const end = padded + margin + size.values;
    for (std::size_t i = margin; i-- > 0;) padded[i] = padded[i + size.channels];
    const T* const last = end - size.channels;
    for (std::size_t i = 0; i < margin; ++i) end[i] = last[i];
    for (std::size_t i = 0; i < box.lines(); ++i) work.lines[i] = padded + i * size.channels;
    T* const to = pass + 1 == passes ? out : work.padded[(pass + 1) % 2].data() + margin;
    mix(work.lines.data(), box, size.values, to);
  }
}

/// Row `y` of a pass down the columns.
template <class T, class Out>
void down_columns(std::size_t pass, std::ptrdiff_t y, const Size& size, const Box1d& box,
                  Work<T>& work, Out* out) {
  const auto reach = static_cast<std::ptrdiff_t>(box.radius) + 1;
  for (std::ptrdiff_t i = -reach; i <= reach; ++i) {
    const auto last = static_cast<std::ptrdiff_t>(size.rows) - 1;
    work.lines[static_cast<std::size_t>(i + reach)] =
        work.place(pass, std::clamp<std::ptrdiff_t>(y + i, 0, last), size, box);
  }
  mix(work.lines.data(), box, size.values, out);
}

/// All passes in one sweep, each as many rows behind the one before as its box reaches, so that
/// what a pass reads is still in the nearest cache; in place, since the last is furthest behind.
template <class In, class T>
void sweep(In* pixels, const Size& size, const Box1d& box, Work<T>& work) {
  const auto reach = static_cast<std::ptrdiff_t>(box.radius) + 1;
  const auto rows = static_cast<std::ptrdiff_t>(size.rows);
  const auto row = [&](std::ptrdiff_t y) {
    return pixels + static_cast<std::size_t>(y) * size.values;
  };
  for (std::ptrdiff_t y = 0; y < rows + passes * reach; ++y) {
    if (y < rows) along_row(row(y), size, box, work, work.place(0, y, size, box));
    std::ptrdiff_t behind = y;
    for (std::size_t pass = 0; pass < passes; ++pass) {
      behind -= reach;
      if (behind < 0 || behind >= rows) continue;
      if (pass + 1 == passes)
        down_columns(pass, behind, size, box, work, row(behind));
      else
        down_columns(pass, behind, size, box, work, work.place(pass + 1, behind, size, box));
    }
  }
}

template <class T>
void blur(T* pixels, const Image& image, const Box1d& box) {
  using Between = std::conditional_t<sizeof(T) == 1, Wide, float>;
  thread_local Work<Between> work;
  const auto channels = static_cast<std::size_t>(image.channels());
  const Size size{static_cast<std::size_t>(image.height()),
                  static_cast<std::size_t>(image.width()) * channels, channels};
  work.prepare(size, box);
  vectorised<sweep<T, Between>>(pixels, size, box, work);
}

}  // namespace

void box_blur(Image& image, float sigma) {
  const Box1d box(sigma);
  with_pixels(image, [&](auto* pixels) { blur(pixels, image, box); });
}

}  // namespace tandem::image
