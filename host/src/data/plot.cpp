#include "data/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

namespace tandem::data {
namespace {

constexpr std::uint8_t ground = 12;

struct Point {
  int x = 0, y = 0;
};
using Colour = std::array<std::uint8_t, 3>;

float value_of(const Image& image, std::size_t i) {
  return image.type() == PixelType::u8 ? static_cast<float>(image.u8()[i]) : image.f32()[i];
}

/// Where each value of a channel lies, in pixels; one that is not finite lies at the bottom.
std::vector<Point> points(const Image& series, int channel, Range range, int side) {
  std::vector<Point> line;
  const float height = std::max(range.high - range.low, std::numeric_limits<float>::min());
  for (int t = 0; t < series.width(); ++t) {
    const auto i = static_cast<std::size_t>(t) * static_cast<std::size_t>(series.channels());
    const float share =
        (value_of(series, i + static_cast<std::size_t>(channel)) - range.low) / height;
    const float inside = std::isfinite(share) ? std::clamp(share, 0.0f, 1.0f) : 0;
    const int last = std::max(series.width() - 1, 1);
    line.push_back({t * (side - 1) / last,
                    static_cast<int>(std::lround((1 - inside) * static_cast<float>(side - 1)))});
  }
  return line;
}

/// The pixels from one point to another, both included: one a step along the longer axis.
void draw_line(Image& canvas, Point from, Point to, const Colour& colour) {
  const int dx = to.x - from.x, dy = to.y - from.y;
  const int steps = std::max({std::abs(dx), std::abs(dy), 1});
  for (int i = 0; i <= steps; ++i) {
    const double share = static_cast<double>(i) / steps;
    const auto x = static_cast<std::size_t>(from.x + std::lround(dx * share));
    const auto y = static_cast<std::size_t>(from.y + std::lround(dy * share));
    std::copy(colour.begin(), colour.end(),
              canvas.u8() + (y * static_cast<std::size_t>(canvas.width()) + x) * 3);
  }
}

}  // namespace

Range range_of(const Image& series) {
  Range range{std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest()};
  for (std::size_t i = 0; i < series.values(); ++i) {
    const float value = value_of(series, i);
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  return range.low > range.high ? Range{} : range;
}

Image plot(const Image& series, Range range, int side) {
  Image out(side, side, 3);
  std::memset(out.u8(), ground, out.values());
  constexpr Colour colours[] = {{250, 190, 60}, {90, 190, 250}, {120, 220, 120}};
  for (int channel = 0; channel < std::min(series.channels(), 3); ++channel) {
    const auto line = points(series, channel, range, side);
    for (std::size_t i = 0; i < line.size(); ++i)
      draw_line(out, line[i == 0 ? 0 : i - 1], line[i], colours[channel]);
  }
  return out;
}

}  // namespace tandem::data
