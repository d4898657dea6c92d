#include "resample.hpp"

#include "pixels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace tandem::image {
namespace {

using Float4 = float __attribute__((vector_size(16)));

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
    double sum = 0;
    for (int k = from; k < to; ++k) sum += weight_at(filter, (k + 0.5 - centre) / stretch);
    for (int k = from; k < to; ++k) {
      weight[k - begin] = static_cast<float>(weight_at(filter, (k + 0.5 - centre) / stretch) / sum);
    }
  }
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

/// A row of RGB pixels, four floats at a time; reads and writes one float beyond the last pixel.
void mix_columns_rgb(const float* row, const Taps& taps, float* out) {
  const float* weight = taps.weights.data();
  for (std::size_t first : taps.first) {
    const float* in = row + 3 * first;
    Float4 sum = {};
    for (std::size_t k = 0; k < taps.count; ++k, in += 3) {
      Float4 pixel;
      std::memcpy(&pixel, in, sizeof pixel);
      sum += pixel * weight[k];
    }
    std::memcpy(out, &sum, sizeof sum);
    weight += taps.count;
    out += 3;
  }
}

void mix_columns(const float* row, const Taps& taps, std::size_t channels, float* out) {
  if (channels == 3) return mix_columns_rgb(row, taps, out);
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

template <class T>
void resample_pixels(const T* pixels, Image& image, const Box& box, int height, int width,
                     Filter filter) {
  thread_local Taps rows, columns;
  thread_local std::vector<float> row, mixed;
  rows.prepare(box.height, height, filter);
  columns.prepare(box.width, width, filter);
  const auto channels = static_cast<std::size_t>(image.channels());
  const std::size_t stride = static_cast<std::size_t>(image.width()) * channels;
  const std::size_t values = static_cast<std::size_t>(box.width) * channels;
  const std::size_t out_values = static_cast<std::size_t>(width) * channels;
  row.assign(values + 1, 0);
  mixed.resize(out_values + 1);
  pixels +=
      static_cast<std::size_t>(box.top) * stride + static_cast<std::size_t>(box.left) * channels;
  T* out = scratch<T>(image, height, width);
  for (std::size_t y = 0; y < rows.first.size(); ++y) {
    mix_rows(pixels + rows.first[y] * stride, stride, rows.weights.data() + y * rows.count,
             rows.count, values, row.data());
    mix_columns(row.data(), columns, channels, mixed.data());
    store(mixed.data(), out_values, out);
    out += out_values;
  }
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
