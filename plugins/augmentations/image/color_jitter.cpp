#include "color_jitter.hpp"

#include "color_jitter_hue.hpp"
#include "draw_text.hpp"
#include "luma.hpp"
#include "pixels.hpp"
#include "vector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace tandem::image {
namespace {

template <class T>
constexpr float top = sizeof(T) == 1 ? 255.0f : 1.0f;

/// `from` at factor 0, `to` at factor 1, beyond it at more; kept within the type's range.
template <class T>
float blend(float from, float to, float factor) {
  return std::clamp(from + factor * (to - from), 0.0f, top<T>);
}

template <class T>
void blend_all_of(T* pixels, std::size_t count, float from, float factor) {
  for (std::size_t i = 0; i < count; ++i) {
    pixels[i] = static_cast<T>(blend<T>(from, static_cast<float>(pixels[i]), factor));
  }
}

/// Blends every value with one and the same.
TANDEM_VECTOR void blend_all(std::uint8_t* pixels, std::size_t count, float from, float factor) {
  blend_all_of(pixels, count, from, factor);
}
TANDEM_VECTOR void blend_all(float* pixels, std::size_t count, float from, float factor) {
  blend_all_of(pixels, count, from, factor);
}

void blend_all(Image& image, float from, float factor) {
  with_pixels(image, [&](auto* pixels) { blend_all(pixels, image.values(), from, factor); });
}

template <class T>
double sum_of_values(const T* pixels, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(pixels[i]);
  return sum;
}

/// Of RGB pixels. Bytes are summed as whole numbers, so in any order.
template <class T>
double sum_of_luma_of(const T* pixels, std::size_t count) {
  using Part = std::conditional_t<sizeof(T) == 1, std::int32_t, float>;
  double sum = 0;
  Planes planes{};
  for (std::size_t done = 0; done < count; done += Planes::size) {
    const std::size_t some = std::min(Planes::size, count - done);
    if (some < Planes::size) planes = {};
    planes.load(pixels + 3 * done, some);
    Part part = 0;
    for (std::size_t i = 0; i < Planes::size; ++i) {
      part += static_cast<Part>(luma<T>(planes.r[i], planes.g[i], planes.b[i]));
    }
    sum += static_cast<double>(part);
  }
  return sum;
}

TANDEM_VECTOR double sum_of_luma(const std::uint8_t* pixels, std::size_t count) {
  return sum_of_luma_of(pixels, count);
}
TANDEM_VECTOR double sum_of_luma(const float* pixels, std::size_t count) {
  return sum_of_luma_of(pixels, count);
}

/// The mean brightness; of bytes a whole number, as Pillow has it.
float mean_grey(Image& image) {
  double sum = 0;
  with_pixels(image, [&](auto* pixels) {
    sum = image.channels() == 3 ? sum_of_luma(pixels, image.values() / 3)
                                : sum_of_values(pixels, image.values()) / image.channels();
  });
  const double mean = sum / image.height() / image.width();
  return static_cast<float>(image.type() == PixelType::u8 ? std::floor(mean + 0.5) : mean);
}

template <class T>
void saturate_all(T* pixels, std::size_t count, float factor) {
  change_rgb(pixels, count, [factor](Planes& p) {
    for (std::size_t i = 0; i < Planes::size; ++i) {
      const float grey = luma<T>(p.r[i], p.g[i], p.b[i]);
      p.r[i] = blend<T>(grey, p.r[i], factor);
      p.g[i] = blend<T>(grey, p.g[i], factor);
      p.b[i] = blend<T>(grey, p.b[i], factor);
    }
  });
}

TANDEM_VECTOR void saturate(std::uint8_t* p, std::size_t n, float factor) {
  saturate_all(p, n, factor);
}
TANDEM_VECTOR void saturate(float* p, std::size_t n, float factor) {
  saturate_all(p, n, factor);
}
TANDEM_VECTOR void turn_hue(std::uint8_t* p, std::size_t n, float share) {
  // As torchvision has it: cut off towards 0, then wrapped to a byte.
  const auto turn = static_cast<std::uint8_t>(static_cast<int>(double{share} * 255));
  change_rgb(p, n, [turn](Planes& planes) { turn_byte_hues(planes, turn); });
}
TANDEM_VECTOR void turn_hue(float* p, std::size_t n, float share) {
  change_rgb(p, n, [share](Planes& planes) { turn_hues(planes, 6 * share); });
}

void saturate(Image& image, float factor) {
  with_pixels(image, [&](auto* pixels) { saturate(pixels, image.values() / 3, factor); });
}

/// By a share of the circle.
void turn_hue(Image& image, float share) {
  with_pixels(image, [&](auto* pixels) { turn_hue(pixels, image.values() / 3, share); });
}

/// What a jitter changes, in the order of its draws.
enum Quality : std::size_t { brightness, contrast, saturation, hue };
constexpr std::array<const char*, 4> names = {"brightness", "contrast", "saturation", "hue"};
/// Values that change nothing.
constexpr std::array<float, 4> neutral = {1, 1, 1, 0};

std::array<Quality, 4> draw_order(Random& random) {
  std::array<Quality, 4> order = {brightness, contrast, saturation, hue};
  for (std::size_t i = 3; i > 0; --i) {
    std::swap(order[i],
              order[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(i)))]);
  }
  return order;
}

Range around_one(double x) {
  return {std::max(0.0, 1 - x), 1 + x};
}

}  // namespace

/// What is done to a picture, step by step; nothing where it is left as it is.
struct ColorJitter::Draw {
  struct Step {
    Quality quality;
    float value;
  };
  std::array<Step, 4> places{};
  std::size_t count = 0;

  std::span<const Step> steps() const { return std::span(places).first(count); }
};

void ColorJitter::Params::declare(Fields<Params>& f) {
  f("brightness", &Params::brightness, "largest change of brightness; 1 may end in black").min(0);
  f("contrast", &Params::contrast, "largest change of contrast; 1 may end in grey").min(0);
  f("saturation", &Params::saturation, "largest change of saturation; 1 may end in grey").min(0);
  f("hue", &Params::hue, "largest turn of the hue, as a share of the circle").range(0, 0.5);
  f("p", &Params::p, "probability").range(0, 1);
}

ColorJitter::ColorJitter(const Params& params)
    : ranges_{around_one(params.brightness),
              around_one(params.contrast),
              around_one(params.saturation),
              {-params.hue, params.hue}},
      p_(params.p) {}

void ColorJitter::apply(Image& image, Random& random) const {
  const Draw drawn = draw(image, random);
  for (const auto& [quality, value] : drawn.steps()) {
    if (quality == brightness) blend_all(image, 0, value);
    if (quality == contrast) blend_all(image, mean_grey(image), value);
    if (quality == saturation) saturate(image, value);
    if (quality == hue) turn_hue(image, value);
  }
}

std::string ColorJitter::describe_draw(const Image& image, Random random) const {
  const Draw drawn = draw(image, random);
  std::string text;
  for (const auto& [quality, value] : drawn.steps()) {
    if (!text.empty()) text += ", ";
    text += names[quality] + (' ' + number(value));
  }
  return text.empty() ? not_applied : text;
}

ColorJitter::Draw ColorJitter::draw(const Image& image, Random& random) const {
  Draw drawn;
  if (!random.chance(p_) || image.values() == 0) return drawn;
  const std::array<Quality, 4> order = draw_order(random);
  std::array<float, 4> values{};
  for (const Quality quality : {brightness, contrast, saturation, hue})
    values[quality] = static_cast<float>(ranges_[quality].draw(random));
  const bool coloured = image.channels() == 3;
  for (const Quality quality : order) {
    const bool possible = coloured || quality == brightness || quality == contrast;
    if (possible && values[quality] != neutral[quality])
      drawn.places[drawn.count++] = {quality, values[quality]};
  }
  return drawn;
}

}  // namespace tandem::image
