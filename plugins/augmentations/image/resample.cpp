#include "resample.hpp"

#include "pixels.hpp"
#include "resample_bytes.hpp"
#include "taps.hpp"
#include "vector.hpp"

#include <algorithm>
#include <vector>

namespace tandem::image {
namespace {

/// One output row between the two passes: weighted sum of `taps` input rows. Four rows at a time,
/// so that the sum is loaded and stored seldom.
inline void mix_rows(const float* rows, std::size_t stride, const float* weight, std::size_t taps,
                     std::size_t width, float* __restrict out) {
  std::fill_n(out, width, 0.0f);
  std::size_t k = 0;
  for (; k + 4 <= taps; k += 4, rows += 4 * stride) {
    const float *a = rows, *b = a + stride, *c = b + stride, *d = c + stride;
    const float wa = weight[k], wb = weight[k + 1], wc = weight[k + 2], wd = weight[k + 3];
    for (std::size_t x = 0; x < width; ++x) {
      out[x] += wa * a[x] + wb * b[x] + wc * c[x] + wd * d[x];
    }
  }
  for (; k < taps; ++k, rows += stride) {
    if (weight[k] == 0) continue;
    const float w = weight[k];
    for (std::size_t x = 0; x < width; ++x) out[x] += w * rows[x];
  }
}

/// `Channels` is 0 for any number.
template <std::size_t Channels>
void mix_columns(const float* row, const Taps<float>& taps, std::size_t channels, float* out) {
  if constexpr (Channels != 0) channels = Channels;
  const float* weight = taps.weights.data();
  for (const std::size_t first : taps.first) {
    const float* in = row + first * channels;
    std::fill_n(out, channels, 0.0f);
    for (std::size_t k = 0; k < taps.count; ++k, in += channels)
      for (std::size_t c = 0; c < channels; ++c) out[c] += weight[k] * in[c];
    weight += taps.count;
    out += channels;
  }
}

/// The box of a picture, in values of which a row holds `values`.
struct Part {
  const float* pixels;
  std::size_t stride, rows, values, channels;
};

/// The weights and the picture between the passes of one resampling, kept from one to the next.
struct Work {
  Taps<float> rows, columns;
  std::vector<float> middle;
};

void convolve(const Part& part, std::size_t out_values, Work& work, float* out) {
  float* middle = work.middle.data();
  for (std::size_t y = 0; y < part.rows; ++y, middle += out_values) {
    const float* row = part.pixels + y * part.stride;
    if (part.channels == 3)
      mix_columns<3>(row, work.columns, 3, middle);
    else
      mix_columns<0>(row, work.columns, part.channels, middle);
  }
  middle = work.middle.data();
  const float* weights = work.rows.weights.data();
  for (const std::size_t first : work.rows.first) {
    mix_rows(middle + first * out_values, out_values, weights, work.rows.count, out_values, out);
    weights += work.rows.count;
    out += out_values;
  }
}

void resample_floats(Image& image, const Box& box, int height, int width, Filter filter,
                     bool antialiased) {
  thread_local Work work;
  work.rows.prepare(box.height, height, filter, antialiased);
  work.columns.prepare(box.width, width, filter, antialiased);
  const auto channels = static_cast<std::size_t>(image.channels());
  const std::size_t stride = static_cast<std::size_t>(image.width()) * channels;
  const float* pixels = image.f32() + static_cast<std::size_t>(box.top) * stride +
                        static_cast<std::size_t>(box.left) * channels;
  const Part part{pixels, stride, static_cast<std::size_t>(box.height),
                  static_cast<std::size_t>(box.width) * channels, channels};
  const std::size_t out_values = static_cast<std::size_t>(width) * channels;
  work.middle.resize(part.rows * out_values);
  vectorised<convolve>(part, out_values, work, image.scratch_f32(height, width, image.channels()));
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

void scale_to_one(const std::uint8_t* __restrict from, std::size_t count, float* __restrict to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]) * (1.0f / 255);
}

void limit(float* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) values[i] = std::min(std::max(values[i], 0.0f), 1.0f);
}

void make_floats(Image& image) {
  const std::uint8_t* from = image.u8();
  float* to = image.scratch_f32(image.height(), image.width(), image.channels());
  vectorised<scale_to_one>(from, image.values(), to);
  image.swap();
}

}  // namespace

void resample(Image& image, const Box& box, int height, int width, Filter filter) {
  if (image.type() == PixelType::u8) return resample_bytes(image, box, height, width, filter);
  resample_floats(image, box, height, width, filter, true);
}

void resample_plainly(Image& image, const Box& box, int height, int width, Filter filter) {
  cut(image, box);
  if (image.type() == PixelType::u8) make_floats(image);
  resample_floats(image, {0, 0, box.height, box.width}, height, width, filter, false);
  vectorised<limit>(image.f32(), image.values());
}

void cut(Image& image, const Box& box) {
  with_pixels(image, [&](auto* pixels) { cut_pixels(pixels, image, box); });
}

}  // namespace tandem::image
