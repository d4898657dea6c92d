#include "jitter_deepmind.hpp"

#include "color_jitter_hue.hpp"
#include "pixels.hpp"
#include "planes.hpp"
#include "vector.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace tandem::image {
namespace {

template <class T>
constexpr float top = sizeof(T) == 1 ? 255.0f : 1.0f;

template <class T>
float limited(float value) {
  return std::min(std::max(value, 0.0f), top<T>);
}

/// Brightness and contrast of one channel: value · factor + shift.
template <class T>
void scale(float* values, std::size_t count, float factor, float shift) {
  for (std::size_t i = 0; i < count; ++i) values[i] = limited<T>(values[i] * factor + shift);
}

/// HSV's saturation times `factor`, at most 1: the distances from the largest channel grow alike.
template <class T>
void saturate(Planes& p, float factor) {
  for (std::size_t i = 0; i < Planes::size; ++i) {
    const float r = p.r[i], g = p.g[i], b = p.b[i];
    const float highest = std::max(std::max(r, g), b);
    const float chroma = highest - std::min(std::min(r, g), b);
    const float growth = std::min(factor, highest / std::max(chroma, 1e-9f));
    p.r[i] = limited<T>(highest - (highest - r) * growth);
    p.g[i] = limited<T>(highest - (highest - g) * growth);
    p.b[i] = limited<T>(highest - (highest - b) * growth);
  }
}

void turn(Planes& p, float share) {
  turn_hues(p, 6 * share);
}

/// The means of up to three channels.
using Means = std::array<float, 3>;

template <class T>
void take(Planes& planes, std::span<const JitterStep> steps, const Means& means) {
  float* const channels[] = {planes.r, planes.g, planes.b};
  for (const auto& [quality, value] : steps) {
    if (quality == saturation) vectorised<saturate<T>>(planes, value);
    if (quality == hue) vectorised<turn>(planes, value);
    for (std::size_t c = 0; c < 3; ++c) {
      if (quality == brightness) vectorised<scale<T>>(channels[c], Planes::size, 1, value * top<T>);
      if (quality == contrast)
        vectorised<scale<T>>(channels[c], Planes::size, value, means[c] - value * means[c]);
    }
  }
}

/// The means of what `steps` make of the pixels, which are left as they are.
template <class T>
Means means_after(const T* pixels, std::size_t count, std::span<const JitterStep> steps) {
  std::array<double, 3> sums{};
  Planes planes{};
  for (std::size_t done = 0; done < count; done += Planes::size) {
    const std::size_t some = std::min(Planes::size, count - done);
    planes.load(pixels + 3 * done, some);
    take<T>(planes, steps, {});
    sums[0] += sum_of(planes.r, some);
    sums[1] += sum_of(planes.g, some);
    sums[2] += sum_of(planes.b, some);
  }
  Means means{};
  for (std::size_t c = 0; c < 3; ++c)
    means[c] = static_cast<float>(sums[c] / static_cast<double>(count));
  return means;
}

/// The steps before contrast are taken twice, so that bytes need not be rounded in between.
template <class T>
void take_rgb(T* pixels, std::size_t count, std::span<const JitterStep> steps) {
  Means means{};
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (steps[i].quality == contrast) means = means_after(pixels, count, steps.first(i));
  constexpr float half = sizeof(T) == 1 ? 0.5f : 0.0f;
  change_rgb(pixels, count, [&](Planes& planes) {
    take<T>(planes, steps, means);
    for (float* plane : {planes.r, planes.g, planes.b})
      for (std::size_t i = 0; i < Planes::size; ++i) plane[i] += half;
  });
}

/// Brightness and contrast of one of other than three channels.
template <class T>
void take_channel(T* first, std::size_t channels, std::size_t count,
                  std::span<const JitterStep> steps) {
  thread_local std::vector<float> values;
  values.resize(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(first[i * channels]);
  for (const auto& [quality, value] : steps) {
    const auto mean = static_cast<float>(sum_of(values.data(), count) / static_cast<double>(count));
    if (quality == brightness) vectorised<scale<T>>(values.data(), count, 1, value * top<T>);
    if (quality == contrast) vectorised<scale<T>>(values.data(), count, value, mean - value * mean);
  }
  constexpr float half = sizeof(T) == 1 ? 0.5f : 0.0f;
  for (std::size_t i = 0; i < count; ++i) first[i * channels] = static_cast<T>(values[i] + half);
}

}  // namespace

void take_deepmind_steps(Image& image, std::span<const JitterStep> steps) {
  if (steps.empty()) return;
  const auto channels = static_cast<std::size_t>(image.channels());
  const std::size_t count = image.values() / channels;
  with_pixels(image, [&](auto* pixels) {
    if (channels == 3) return take_rgb(pixels, count, steps);
    for (std::size_t c = 0; c < channels; ++c) take_channel(pixels + c, channels, count, steps);
  });
}

}  // namespace tandem::image
