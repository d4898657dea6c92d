#include "kernel_blur.hpp"

#include "pixels.hpp"
#include "vector.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::image {
namespace {

/// So many values at a time that sums stay in registers.
constexpr std::size_t block = 32;

/// One block; `middle` is the line under the kernel's middle.
template <class T>
void mix_block(const float* const* middle, const BlurKernel& kernel, std::size_t at,
               std::size_t count, T* __restrict out) {
  float sums[block];
  for (std::size_t i = 0; i < count; ++i) sums[i] = kernel.weights[0] * middle[0][at + i];
  for (std::size_t k = 1; k < kernel.weights.size(); ++k) {
    const float weight = kernel.weights[k];
    const float *before = *(middle - k) + at, *behind = middle[k] + at;
    for (std::size_t i = 0; i < count; ++i) sums[i] += weight * (before[i] + behind[i]);
  }
  store(sums, count, out + at);
}

template <class T>
void mix(const float* const* middle, const BlurKernel& kernel, std::size_t count, T* out) {
  if (count < block) return mix_block(middle, kernel, 0, count, out);
  for (std::size_t at = 0; at + block <= count; at += block)
    mix_block(middle, kernel, at, block, out);
  // The last block overlaps the one before.
  if (count % block != 0) mix_block(middle, kernel, count - block, block, out);
}

/// A picture's measures.
struct Size {
  std::size_t rows, columns, channels;
  std::size_t values() const { return columns * channels; }  ///< of a row
};

/// What a thread keeps from one picture to the next.
struct Work {
  std::vector<float> padded;        ///< a row between what lies to its sides
  std::vector<float> middle;        ///< all rows after the pass along them
  std::vector<float> black;         ///< a row
  std::vector<const float*> lines;  ///< under the kernel

  void prepare(const Size& size, std::size_t reach) {
    padded.assign(size.values() + 2 * reach * size.channels, 0);
    middle.resize(size.rows * size.values());
    black.assign(size.values(), 0);
    lines.resize(2 * reach + 1);
  }
};

/// Writes the pixels to both sides of a row, outwards, so that a short row is mirrored again and
/// again. A single pixel has no other to be mirrored.
void mirror(float* first, const Size& size, std::size_t reach) {
  float* const last = first + (size.columns - 1) * size.channels;
  for (std::size_t i = 1; i <= reach; ++i) {
    const std::size_t step = (size.columns == 1 ? 0 : i) * size.channels;
    std::copy_n(first + step, size.channels, first - i * size.channels);
    std::copy_n(last - step, size.channels, last + i * size.channels);
  }
}

/// Where the mirrored picture has what lies at `i`.
std::ptrdiff_t mirrored(std::ptrdiff_t i, std::ptrdiff_t count) {
  if (count == 1) return 0;
  const std::ptrdiff_t period = 2 * (count - 1), distance = std::abs(i) % period;
  return std::min(distance, period - distance);
}

/// The lines under the kernel are one and the same row, moved by a pixel.
template <class T>
void along_row(const T* row, const Size& size, const BlurKernel& kernel, Work& work, float* out) {
  float* const first = work.padded.data() + kernel.reach() * size.channels;
  widen(row, size.values(), first);
  if (kernel.mirrored) mirror(first, size, kernel.reach());
  for (std::size_t i = 0; i < work.lines.size(); ++i)
    work.lines[i] = work.padded.data() + i * size.channels;
  mix(work.lines.data() + kernel.reach(), kernel, size.values(), out);
}

template <class T>
void down_columns(std::ptrdiff_t y, const Size& size, const BlurKernel& kernel, Work& work,
                  T* out) {
  const auto rows = static_cast<std::ptrdiff_t>(size.rows);
  std::ptrdiff_t at = y - static_cast<std::ptrdiff_t>(kernel.reach());
  for (const float*& line : work.lines) {
    const bool inside = at >= 0 && at < rows;
    const auto place = static_cast<std::size_t>(inside ? at : mirrored(at, rows));
    const bool black = !inside && !kernel.mirrored;
    line = black ? work.black.data() : work.middle.data() + place * size.values();
    ++at;
  }
  mix(work.lines.data() + kernel.reach(), kernel, size.values(), out);
}

template <class T>
void blur(T* pixels, const Size& size, const BlurKernel& kernel, Work& work) {
  const std::size_t stride = size.values();
  for (std::size_t y = 0; y < size.rows; ++y)
    along_row(pixels + y * stride, size, kernel, work, work.middle.data() + y * stride);
  for (std::size_t y = 0; y < size.rows; ++y)
    down_columns(static_cast<std::ptrdiff_t>(y), size, kernel, work, pixels + y * stride);
}

}  // namespace

void BlurKernel::fill(double sigma, int reach) {
  const auto density = [sigma](std::size_t x) {
    const auto distance = static_cast<double>(x);
    return std::exp(-0.5 * distance * distance / (sigma * sigma));
  };
  weights.resize(static_cast<std::size_t>(reach) + 1);
  double sum = 1;
  for (std::size_t x = 1; x < weights.size(); ++x) sum += 2 * density(x);
  for (std::size_t x = 0; x < weights.size(); ++x)
    weights[x] = static_cast<float>(density(x) / sum);
}

void kernel_blur(Image& image, const BlurKernel& kernel) {
  thread_local Work work;
  const Size size{static_cast<std::size_t>(image.height()), static_cast<std::size_t>(image.width()),
                  static_cast<std::size_t>(image.channels())};
  work.prepare(size, kernel.reach());
  with_pixels(image, [&]<class T>(T* pixels) { vectorised<blur<T>>(pixels, size, kernel, work); });
}

}  // namespace tandem::image
