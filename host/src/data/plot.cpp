#include "data/plot.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace tandem::data {
namespace {

constexpr std::uint8_t ground = 12;

float value_of(const Image& image, std::size_t i) {
  return image.type() == PixelType::u8 ? static_cast<float>(image.u8()[i]) : image.f32()[i];
}

/// Where each value of a channel lies, in pixels; one that is not finite lies at the bottom.
std::vector<cv::Point> points(const Image& series, int channel, Range range, int side) {
  std::vector<cv::Point> line;
  const float height = std::max(range.high - range.low, std::numeric_limits<float>::min());
  for (int t = 0; t < series.width(); ++t) {
    const auto i = static_cast<std::size_t>(t) * static_cast<std::size_t>(series.channels());
    const float share =
        (value_of(series, i + static_cast<std::size_t>(channel)) - range.low) / height;
    const float inside = std::isfinite(share) ? std::clamp(share, 0.0f, 1.0f) : 0;
    const int last = std::max(series.width() - 1, 1);
    line.emplace_back(t * (side - 1) / last,
                      static_cast<int>(std::lround((1 - inside) * static_cast<float>(side - 1))));
  }
  return line;
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
  cv::Mat canvas(side, side, CV_8UC3, out.u8());
  const cv::Scalar colours[] = {{250, 190, 60}, {90, 190, 250}, {120, 220, 120}};
  for (int channel = 0; channel < std::min(series.channels(), 3); ++channel) {
    cv::polylines(canvas, points(series, channel, range, side), false, colours[channel]);
  }
  return out;
}

}  // namespace tandem::data
