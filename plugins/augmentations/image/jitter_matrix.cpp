#include "jitter_matrix.hpp"

#include "pixels.hpp"
#include "planes.hpp"
#include "vector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace tandem::image {
namespace {

using Row = std::array<double, 4>;  ///< of r, g, b and 1
using Map = std::array<Row, 3>;
constexpr std::array<double, 3> luma_weights = {0.299, 0.587, 0.114};

Row luma_row(const Map& map) {
  Row row{};
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t i = 0; i < 4; ++i) row[i] += luma_weights[c] * map[c][i];
  return row;
}

double value(const Row& row, const std::array<double, 3>& at) {
  return row[0] * at[0] + row[1] * at[1] + row[2] * at[2] + row[3];
}

/// Every row moves from `from` by a factor.
void blend(Map& map, const Row& from, double factor) {
  for (Row& row : map)
    for (std::size_t i = 0; i < 4; ++i) row[i] = from[i] + factor * (row[i] - from[i]);
}

/// Turns U = 0.492 (B - Y) and V = 0.877 (R - Y), from red towards yellow.
void turn(Map& map, double share) {
  constexpr double u_scale = 0.492, v_scale = 0.877;
  const double angle = 2 * std::numbers::pi * share, sine = std::sin(angle),
               cosine = std::cos(angle);
  const Row y = luma_row(map);
  for (std::size_t i = 0; i < 4; ++i) {
    const double u = u_scale * (map[2][i] - y[i]), v = v_scale * (map[0][i] - y[i]);
    map[0][i] = y[i] + (u * sine + v * cosine) / v_scale;
    map[2][i] = y[i] + (u * cosine - v * sine) / u_scale;
    map[1][i] =
        (y[i] - luma_weights[0] * map[0][i] - luma_weights[2] * map[2][i]) / luma_weights[1];
  }
}

/// `means` are those of the picture's channels.
Map map_of(std::span<const JitterStep> steps, const std::array<double, 3>& means) {
  Map map{};
  for (std::size_t c = 0; c < 3; ++c) map[c][c] = 1;
  for (const JitterStep& step : steps) {
    if (step.quality == brightness) blend(map, {}, step.value);
    if (step.quality == contrast) blend(map, {0, 0, 0, value(luma_row(map), means)}, step.value);
    if (step.quality == saturation) blend(map, luma_row(map), step.value);
    if (step.quality == hue) turn(map, step.value);
  }
  return map;
}

using Factors = std::array<std::array<float, 4>, 3>;

/// Bytes bring their half for rounding.
template <class T>
float limited(float value) {
  return std::min(std::max(value, 0.0f), sizeof(T) == 1 ? 255.5f : 1.0f);
}

template <class T>
void apply(Planes& p, const Factors& m) {
  const auto [red, green, blue] = m;
  for (std::size_t i = 0; i < Planes::size; ++i) {
    const float r = p.r[i], g = p.g[i], b = p.b[i];
    p.r[i] = limited<T>(red[0] * r + red[1] * g + red[2] * b + red[3]);
    p.g[i] = limited<T>(green[0] * r + green[1] * g + green[2] * b + green[3]);
    p.b[i] = limited<T>(blue[0] * r + blue[1] * g + blue[2] * b + blue[3]);
  }
}

template <class T>
std::array<double, 3> means_of(const T* pixels, std::size_t count) {
  std::array<double, 3> sums{};
  Planes planes{};
  for (std::size_t done = 0; done < count; done += Planes::size) {
    const std::size_t some = std::min(Planes::size, count - done);
    planes.load(pixels + 3 * done, some);
    sums[0] += sum_of(planes.r, some);
    sums[1] += sum_of(planes.g, some);
    sums[2] += sum_of(planes.b, some);
  }
  for (double& sum : sums) sum /= static_cast<double>(count);
  return sums;
}

template <class T>
void take(T* pixels, std::size_t count, std::span<const JitterStep> steps) {
  const bool wanted = std::any_of(steps.begin(), steps.end(),
                                  [](const JitterStep& step) { return step.quality == contrast; });
  const std::array<double, 3> none{};
  const Map map = map_of(steps, wanted ? means_of(pixels, count) : none);
  Factors factors{};
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < 4; ++i) factors[c][i] = static_cast<float>(map[c][i]);
    if (sizeof(T) == 1) factors[c][3] += 0.5f;
  }
  change_rgb(pixels, count, [&](Planes& planes) { vectorised<apply<T>>(planes, factors); });
}

}  // namespace

void take_steps_by_matrix(Image& image, std::span<const JitterStep> steps) {
  if (steps.empty()) return;
  with_pixels(image, [&](auto* pixels) { take(pixels, image.values() / 3, steps); });
}

}  // namespace tandem::image
