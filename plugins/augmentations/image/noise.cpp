#include "noise.hpp"

#include "draw_text.hpp"
#include "pixels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace tandem::image {
namespace {

constexpr std::size_t steps = 4096;
using Quantiles = std::array<float, steps>;

/// Where the normal distribution function has the value `share`, by Newton's method.
double quantile(double share) {
  double x = 0;
  for (int i = 0; i < 60; ++i) {
    const double error = 0.5 * std::erfc(-x / std::numbers::sqrt2) - share;
    const double density = std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
    x -= std::clamp(error / density, -0.5, 0.5);
  }
  return x;
}

Quantiles make_quantiles() {
  Quantiles table{};
  double square = 0;
  for (std::size_t i = 0; i < steps / 2; ++i) {
    const double x = quantile((static_cast<double>(i) + 0.5) / steps);
    table[i] = static_cast<float>(x);
    table[steps - 1 - i] = static_cast<float>(-x);
    square += 2 * x * x;
  }
  // The middles of equal shares vary a little less than the whole does.
  const double deviation = std::sqrt(square / steps);
  for (float& x : table) x = static_cast<float>(x / deviation);
  return table;
}

const Quantiles& quantiles() {
  static const Quantiles table = make_quantiles();
  return table;
}

template <class T>
void add(T* pixels, std::size_t count, float deviation, Random& random) {
  constexpr float top = sizeof(T) == 1 ? 255.0f : 1.0f, half = sizeof(T) == 1 ? 0.5f : 0.0f;
  const Quantiles& table = quantiles();
  const auto add_one = [&](T& pixel, std::uint32_t draw) {
    const float value = static_cast<float>(pixel) + top * deviation * table[draw % steps];
    pixel = static_cast<T>(std::clamp(value + half, 0.0f, top));
  };
  for (std::size_t i = 0; i < count; i += 2) {
    const std::uint32_t bits = random.bits();
    add_one(pixels[i], bits >> 20);
    if (i + 1 < count) add_one(pixels[i + 1], bits >> 8);
  }
}

}  // namespace

void Noise::Params::declare(Fields<Params>& f) {
  f("max", &Params::max, "largest standard deviation, where white is 1").range(0, 1);
  f("p", &Params::p, "probability").range(0, 1);
}

void Noise::apply(Image& image, Random& random) const {
  const std::optional<float> deviation = draw(random);
  if (!deviation) return;
  with_pixels(image, [&](auto* pixels) { add(pixels, image.values(), *deviation, random); });
}

std::string Noise::describe_draw(const Image&, Random random) const {
  const std::optional<float> deviation = draw(random);
  return deviation ? "standard deviation " + number(*deviation) : not_applied;
}

std::optional<float> Noise::draw(Random& random) const {
  if (!random.chance(p_)) return std::nullopt;
  return static_cast<float>(random.uniform(0, max_));
}

}  // namespace tandem::image
