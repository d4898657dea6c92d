#include "resample.hpp"

#include "pixels.hpp"
#include "vector.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

namespace tandem::image {
namespace {

using Float4 = float __attribute__((vector_size(16)));
using Float8 = float __attribute__((vector_size(32)));

double weight_at(Filter filter, double x) {
  x = std::abs(x);
  if (filter == Filter::bilinear) return std::max(0.0, 1 - x);
  constexpr double a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/// For each output position: where its window of `count` inputs begins, and their weights.
struct Taps {
  std::size_t count = 0;
  std::vector<std::size_t> first;
  std::vector<float> weights;
  std::vector<double> exact;  ///< of one position, before they add up to 1

  void prepare(int in, int out, Filter filter);
};

void Taps::prepare(int in, int out, Filter filter) {
  const double step = static_cast<double>(in) / out, stretch = std::max(step, 1.0);
  const double support = (filter == Filter::bilinear ? 1 : 2) * stretch;
  // A window from a - 1/2 to a + 1/2 + 2 support, cut to whole numbers, holds at most this many.
  count = static_cast<std::size_t>(std::min(in, static_cast<int>(std::ceil(2 * support))));
  first.resize(static_cast<std::size_t>(out));
  weights.assign(first.size() * count, 0);
  for (int i = 0; i < out; ++i) {
    const double centre = (i + 0.5) * step;
    const int from = std::max(0, static_cast<int>(centre - support + 0.5));
    const int to = std::min(in, static_cast<int>(centre + support + 0.5));
    const int begin = std::min(from, in - static_cast<int>(count));
    first[static_cast<std::size_t>(i)] = static_cast<std::size_t>(begin);
    float* weight = weights.data() + static_cast<std::size_t>(i) * count;
    exact.clear();
    for (int k = from; k < to; ++k)
      exact.push_back(weight_at(filter, (k + 0.5 - centre) / stretch));
    const double sum = std::accumulate(exact.begin(), exact.end(), 0.0);
    for (int k = from; k < to; ++k) {
      weight[k - begin] = static_cast<float>(exact[static_cast<std::size_t>(k - from)] / sum);
    }
  }
}

/// One output row between the two passes: weighted sum of `taps` input rows. Four rows at a time,
/// so that the sum is loaded and stored seldom.
template <class T>
void mix_rows(const T* rows, std::size_t stride, const float* weight, std::size_t taps,
              std::size_t width, float* __restrict out) {
  std::fill_n(out, width, 0.0f);
  std::size_t k = 0;
  for (; k + 4 <= taps; k += 4, rows += 4 * stride) {
    const T *a = rows, *b = a + stride, *c = b + stride, *d = c + stride;
    const float wa = weight[k], wb = weight[k + 1], wc = weight[k + 2], wd = weight[k + 3];
    for (std::size_t x = 0; x < width; ++x) {
      out[x] += wa * static_cast<float>(a[x]) + wb * static_cast<float>(b[x]) +
                wc * static_cast<float>(c[x]) + wd * static_cast<float>(d[x]);
    }
  }
  for (; k < taps; ++k, rows += stride) {
    if (weight[k] == 0) continue;
    const float w = weight[k];
    for (std::size_t x = 0; x < width; ++x) out[x] += w * static_cast<float>(rows[x]);
  }
}

/// RGB pixels to four floats each, of which the last is the next pixel's first; reads one float
/// beyond the row.
void spread_rgb(const float* row, std::size_t pixels, float* to) {
  for (std::size_t i = 0; i < pixels; ++i) std::memcpy(to + 4 * i, row + 3 * i, sizeof(Float4));
}

/// A row of pixels of four floats, of which three count, two at a time. `weights` holds four times
/// the weight of each of `count` taps, which is even. Writes one float beyond the last pixel.
void mix_columns_rgb(const float* row, const std::vector<std::size_t>& first, std::size_t count,
                     const float* weights, float* out) {
  for (const std::size_t begin : first) {
    const float* in = row + 4 * begin;
    Float8 sum = {};
    for (std::size_t k = 0; k < 4 * count; k += 8) {
      Float8 pixels, factors;
      std::memcpy(&pixels, in + k, sizeof pixels);
      std::memcpy(&factors, weights + k, sizeof factors);
      sum += pixels * factors;
    }
    Float4 halves[2];
    std::memcpy(halves, &sum, sizeof sum);
    halves[0] += halves[1];
    std::memcpy(out, halves, sizeof(Float4));
    weights += 4 * count;
    out += 3;
  }
}

void mix_columns(const float* row, const Taps& taps, std::size_t channels, float* out) {
  const float* weight = taps.weights.data();
  for (std::size_t first : taps.first) {
    for (std::size_t c = 0; c < channels; ++c) {
      const float* in = row + first * channels + c;
      float sum = 0;
      for (std::size_t k = 0; k < taps.count; ++k) sum += weight[k] * in[k * channels];
      *out++ = sum;
    }
    weight += taps.count;
  }
}

/// The buffers and weights of one resampling, kept from one to the next.
struct Work {
  Taps rows, columns;
  std::vector<float> row, mixed;       ///< a row of the picture, and of the result
  std::vector<float> pixels, factors;  ///< of RGB: a row and the columns' weights, four floats each
  std::size_t even = 0;                ///< taps a column, one more where their number is odd

  void prepare_rgb(std::size_t width);
};

void Work::prepare_rgb(std::size_t width) {
  even = columns.count + columns.count % 2;
  pixels.assign(4 * (width + 1), 0);
  factors.assign(4 * even * columns.first.size(), 0);
  for (std::size_t i = 0; i < columns.first.size(); ++i) {
    for (std::size_t k = 0; k < columns.count; ++k)
      std::fill_n(&factors[4 * (i * even + k)], 4, columns.weights[i * columns.count + k]);
  }
}

/// The box of a picture, in values of which a row holds `values`.
template <class T>
struct Part {
  const T* pixels;
  std::size_t stride, rows, values, channels;
};

/// Each row of the part, to `out_values`. Bytes are rounded here too, as Pillow has it.
template <class T>
void along_rows(const Part<T>& part, std::size_t out_values, Work& work, T* out) {
  const T* row = part.pixels;
  for (std::size_t y = 0; y < part.rows; ++y, row += part.stride, out += out_values) {
    widen(row, part.values, work.row.data());
    if (part.channels == 3) {
      spread_rgb(work.row.data(), part.values / 3, work.pixels.data());
      mix_columns_rgb(work.pixels.data(), work.columns.first, work.even, work.factors.data(),
                      work.mixed.data());
    } else {
      mix_columns(work.row.data(), work.columns, part.channels, work.mixed.data());
    }
    store(work.mixed.data(), out_values, out);
  }
}

template <class T>
void down_columns(const T* rows, std::size_t values, Work& work, T* out) {
  const Taps& taps = work.rows;
  const float* weights = taps.weights.data();
  for (const std::size_t first : taps.first) {
    mix_rows(rows + first * values, values, weights, taps.count, values, work.mixed.data());
    store(work.mixed.data(), values, out);
    weights += taps.count;
    out += values;
  }
}

TANDEM_VECTOR void convolve(const Part<std::uint8_t>& part, std::size_t out_values, Work& work,
                            std::uint8_t* middle, std::uint8_t* out) {
  along_rows(part, out_values, work, middle);
  down_columns(middle, out_values, work, out);
}
TANDEM_VECTOR void convolve(const Part<float>& part, std::size_t out_values, Work& work,
                            float* middle, float* out) {
  along_rows(part, out_values, work, middle);
  down_columns(middle, out_values, work, out);
}

template <class T>
void resample_pixels(const T* pixels, Image& image, const Box& box, int height, int width,
                     Filter filter) {
  thread_local Work work;
  thread_local std::vector<T> middle;
  work.rows.prepare(box.height, height, filter);
  work.columns.prepare(box.width, width, filter);
  const auto channels = static_cast<std::size_t>(image.channels());
  const auto box_width = static_cast<std::size_t>(box.width);
  const std::size_t stride = static_cast<std::size_t>(image.width()) * channels;
  const std::size_t offset =
      static_cast<std::size_t>(box.top) * stride + static_cast<std::size_t>(box.left) * channels;
  const Part<T> part{pixels + offset, stride, static_cast<std::size_t>(box.height),
                     box_width * channels, channels};
  const std::size_t out_values = static_cast<std::size_t>(width) * channels;
  work.row.assign(part.values + 1, 0);
  work.mixed.resize(out_values + 1);
  middle.resize(part.rows * out_values);
  if (channels == 3) work.prepare_rgb(box_width);
  convolve(part, out_values, work, middle.data(), scratch<T>(image, height, width));
  image.swap();
}

template <class T>
void cut_pixels(const T* pixels, Image& image, const Box& box) {
  const auto channels = static_cast<std::size_t>(image.channels());
  const std::size_t row = static_cast<std::size_t>(box.width) * channels;
  const std::size_t stride = static_cast<std::size_t>(image.width()) * channels;
  const int left = std::clamp(-box.left, 0, box.width);
  const int right = std::clamp(image.width() - box.left, left, box.width);
  const int top = -box.top, bottom = image.height() - box.top;
  T* out = scratch<T>(image, box.height, box.width);
  for (int y = 0; y < box.height; ++y, out += row) {
    if (y < top || y >= bottom || left == right) {
      std::fill_n(out, row, T{});
      continue;
    }
    const auto begin = static_cast<std::size_t>(left) * channels;
    const auto end = static_cast<std::size_t>(right) * channels;
    const T* in = pixels + static_cast<std::size_t>(box.top + y) * stride +
                  static_cast<std::size_t>(box.left + left) * channels;
    std::fill_n(out, begin, T{});
    std::copy_n(in, end - begin, out + begin);
    std::fill_n(out + end, row - end, T{});
  }
  image.swap();
}

}  // namespace

void resample(Image& image, const Box& box, int height, int width, Filter filter) {
  with_pixels(image,
              [&](auto* pixels) { resample_pixels(pixels, image, box, height, width, filter); });
}

void cut(Image& image, const Box& box) {
  with_pixels(image, [&](auto* pixels) { cut_pixels(pixels, image, box); });
}

}  // namespace tandem::image
