#include "jitter_steps.hpp"

#include "color_jitter_hue.hpp"
#include "luma.hpp"
#include "pixels.hpp"
#include "planes.hpp"
#include "vector.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace tandem::image {
namespace {

/// `from` at factor 0, `to` at factor 1, beyond it at more; kept within the type's range, which
/// bytes leave only `Beyond` a factor of 1. Of bytes what lies behind the point is cut off.
template <class T, bool Beyond = true>
float blend(float from, float to, float factor) {
  constexpr float top = sizeof(T) == 1 ? 255.0f : 1.0f;
  float mixed = from + factor * (to - from);
  if (Beyond || sizeof(T) != 1) mixed = std::min(std::max(mixed, 0.0f), top);
  return sizeof(T) == 1 ? static_cast<float>(static_cast<std::int32_t>(mixed)) : mixed;
}

/// Every value is blended with one and the same.
template <class T>
void blend_with(float from, float factor, Planes& p) {
  for (float* values : {p.r, p.g, p.b}) {
    if (factor > 1)
      for (std::size_t i = 0; i < Planes::size; ++i) values[i] = blend<T>(from, values[i], factor);
    else
      for (std::size_t i = 0; i < Planes::size; ++i)
        values[i] = blend<T, false>(from, values[i], factor);
  }
}

/// A constant `from` of 0 saves two steps.
template <class T>
void brighten(Planes& p, float factor) {
  blend_with<T>(0, factor, p);
}

template <class T>
void blend_all(Planes& p, float from, float factor) {
  blend_with<T>(from, factor, p);
}

template <class T, bool Beyond>
void saturate_by(float factor, Planes& p) {
  for (std::size_t i = 0; i < Planes::size; ++i) {
    const float grey = luma<T>(p.r[i], p.g[i], p.b[i]);
    p.r[i] = blend<T, Beyond>(grey, p.r[i], factor);
    p.g[i] = blend<T, Beyond>(grey, p.g[i], factor);
    p.b[i] = blend<T, Beyond>(grey, p.b[i], factor);
  }
}

template <class T>
void saturate(Planes& p, float factor) {
  if (factor > 1) return saturate_by<T, true>(factor, p);
  saturate_by<T, false>(factor, p);
}

/// By a share of the circle.
template <class T>
void turn_hue(Planes& p, float share) {
  if constexpr (sizeof(T) == 1) {
    // As torchvision has it: cut off towards 0, then wrapped to a byte.
    turn_byte_hues(p, static_cast<std::uint8_t>(static_cast<int>(double{share} * 255)));
  } else {
    turn_hues(p, 6 * share);
  }
}

/// Bytes are summed as whole numbers, so in any order.
template <class T>
double sum_of_luma(const Planes& p, std::size_t count) {
  using Sum = std::conditional_t<sizeof(T) == 1, std::int32_t, float>;
  Sum sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += static_cast<Sum>(luma<T>(p.r[i], p.g[i], p.b[i]));
  return static_cast<double>(sum);
}

template <class T>
void take_step(Planes& planes, const JitterStep& step, float mean) {
  if (step.quality == brightness) vectorised<brighten<T>>(planes, step.value);
  if (step.quality == contrast) vectorised<blend_all<T>>(planes, mean, step.value);
  if (step.quality == saturation) vectorised<saturate<T>>(planes, step.value);
  if (step.quality == hue) vectorised<turn_hue<T>>(planes, step.value);
}

/// Steps of which none needs to know what those before made of other pixels. Returns the sum of the
/// brightness afterwards, if that is `wanted`.
template <class T>
double sweep(T* pixels, std::size_t count, std::span<const JitterStep> steps, float mean,
             bool wanted) {
  double sum = 0;
  Planes planes{};
  for (std::size_t done = 0; done < count; done += Planes::size) {
    const std::size_t some = std::min(Planes::size, count - done);
    planes.load(pixels + 3 * done, some);
    for (const JitterStep& step : steps) take_step<T>(planes, step, mean);
    if (wanted) sum += vectorised<sum_of_luma<T>>(planes, some);
    if (!steps.empty()) planes.store(pixels + 3 * done, some);
  }
  return sum;
}

/// Of bytes the mean brightness is a whole number, as Pillow has it.
template <class T>
float mean_of(double sum, std::size_t pixels) {
  const double mean = sum / static_cast<double>(pixels);
  return static_cast<float>(sizeof(T) == 1 ? std::floor(mean + 0.5) : mean);
}

/// The picture passes through the nearest cache once, or twice where contrast needs its mean.
template <class T>
void take_rgb_steps(T* pixels, std::size_t count, std::span<const JitterStep> steps) {
  const auto found = std::find_if(steps.begin(), steps.end(),
                                  [](const JitterStep& step) { return step.quality == contrast; });
  const auto before = static_cast<std::size_t>(found - steps.begin());
  const bool needed = found != steps.end();
  const double sum = sweep(pixels, count, steps.first(before), 0, needed);
  if (needed) sweep(pixels, count, steps.subspan(before), mean_of<T>(sum, count), false);
}

template <class T>
void blend_values(T* values, std::size_t count, float from, float factor) {
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<T>(blend<T>(from, static_cast<float>(values[i]), factor));
}

/// Brightness and contrast of other than three channels.
template <class T>
void take_grey_steps(T* values, std::size_t count, std::span<const JitterStep> steps) {
  for (const JitterStep& step : steps) {
    float from = 0;
    if (step.quality == contrast) {
      double sum = 0;
      for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(values[i]);
      from = mean_of<T>(sum, count);
    }
    vectorised<blend_values<T>>(values, count, from, step.value);
  }
}

}  // namespace

void take_steps(Image& image, std::span<const JitterStep> steps) {
  with_pixels(image, [&](auto* pixels) {
    if (image.channels() == 3) return take_rgb_steps(pixels, image.values() / 3, steps);
    take_grey_steps(pixels, image.values(), steps);
  });
}

}  // namespace tandem::image
