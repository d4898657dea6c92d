#include "data/moments.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace tandem::data {

void Moments::add(const Image& image) {
  const auto channels = static_cast<std::size_t>(image.channels());
  sum_.resize(channels), square_.resize(channels);
  const std::size_t pixels = image.values() / channels;
  count_ += static_cast<double>(pixels);
  bytes_ = image.type() == PixelType::u8;
  bytes_ ? add_bytes(image) : add_floats(image);
}

void Moments::add_bytes(const Image& image) {
  const std::size_t channels = sum_.size();
  const std::uint8_t* pixel = image.u8();
  std::vector<std::uint64_t> sums(channels), squares(channels);
  for (std::size_t i = 0; i < image.values(); i += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      const std::uint64_t value = pixel[i + c];
      sums[c] += value;
      squares[c] += value * value;
    }
  }
  for (std::size_t c = 0; c < channels; ++c) {
    sum_[c] += static_cast<double>(sums[c]);
    square_[c] += static_cast<double>(squares[c]);
  }
}

void Moments::add_floats(const Image& image) {
  const std::size_t channels = sum_.size();
  const float* pixel = image.f32();
  for (std::size_t i = 0; i < image.values(); i += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      const double value = pixel[i + c];
      sum_[c] += value;
      square_[c] += value * value;
    }
  }
}

void Moments::add(const Moments& other) {
  sum_.resize(other.channels()), square_.resize(other.channels());
  for (std::size_t c = 0; c < sum_.size(); ++c) {
    sum_[c] += other.sum_[c];
    square_[c] += other.square_[c];
  }
  count_ += other.count_;
  bytes_ = other.bytes_;
}

/// What a constant channel is divided by must not blow up its rounding.
double Moments::usable(double deviation, double mean) const {
  if (bytes_) return std::max(1.0, deviation);
  return deviation > 1e-6 * std::abs(mean) ? deviation : 1;
}

Normalization Moments::result() const {
  const double unit = bytes_ ? 255 : 1;
  Normalization values;
  for (std::size_t c = 0; c < sum_.size(); ++c) {
    const double mean = sum_[c] / count_;
    const double deviation = std::sqrt(std::max(0.0, square_[c] / count_ - mean * mean));
    values.mean.push_back(static_cast<float>(mean / unit));
    values.std.push_back(static_cast<float>(usable(deviation, mean) / unit));
  }
  return values;
}

}  // namespace tandem::data
