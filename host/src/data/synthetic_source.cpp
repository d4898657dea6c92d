#include "data/decode_file.hpp"
#include "data/source_kinds.hpp"
#include "data/synthetic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace tandem::data {
namespace {

/// The sine of (a x + b y + phase) as sums of products, so that a picture costs 4·size sines.
struct Wave {
  std::vector<float> sin_x, cos_x, sin_y, cos_y;

  Wave(int size, double per_x, double per_y, double phase) {
    for (int i = 0; i < size; ++i) {
      sin_x.push_back(static_cast<float>(std::sin(per_x * i + phase)));
      cos_x.push_back(static_cast<float>(std::cos(per_x * i + phase)));
      sin_y.push_back(static_cast<float>(std::sin(per_y * i)));
      cos_y.push_back(static_cast<float>(std::cos(per_y * i)));
    }
  }
  float at(std::size_t y, std::size_t x) const { return sin_x[x] * cos_y[y] + cos_x[x] * sin_y[y]; }
};

/// A round bump of height 1.
struct Spot {
  std::vector<float> x, y;

  Spot(int size, Random& random) : x(profile(size, random)), y(profile(size, random)) {}
  float at(std::size_t row, std::size_t column) const { return y[row] * x[column]; }

  static std::vector<float> profile(int size, Random& random) {
    const double centre = random.uniform(0, size), width = 0.15 * size;
    std::vector<float> values;
    for (int i = 0; i < size; ++i) {
      const double distance = (i - centre) / width;
      values.push_back(static_cast<float>(std::exp(-0.5 * distance * distance)));
    }
    return values;
  }
};

using Colour = std::array<float, 3>;

Colour colour(Random& random) {
  Colour values;
  for (float& value : values) value = static_cast<float>(random.uniform(60, 196));
  return values;
}

/// Uniform in -16 … 16, four values from each 32 random bits.
class Noise {
 public:
  explicit Noise(Random& random) : random_(random) {}
  float next() {
    if (left_ == 0) bits_ = random_.bits(), left_ = 4;
    const auto value = static_cast<float>(bits_ & 255) / 8 - 16;
    bits_ >>= 8, --left_;
    return value;
  }

 private:
  Random& random_;
  std::uint32_t bits_ = 0;
  int left_ = 0;
};

class SyntheticSource final : public Synthetic {
 public:
  SyntheticSource(const SyntheticOptions& options, int channels)
      : Synthetic(options, channels, "pictures") {}

  void read(std::int64_t index, Image& out) const override {
    Random random = random_of(index, 0);
    const Wave wave = grating(label(index), random);
    const Spot spot(options_.size, random);
    const Colour ground = colour(random), mark = colour(random);
    out.reset(options_.size, options_.size, channels_);
    paint(wave, spot, ground, mark, random, out);
  }

 private:
  /// Even classes are coarse, odd ones fine. Directions keep to a quarter turn, since a flipped
  /// picture must stay in its class.
  Wave grating(std::int64_t label, Random& random) const {
    const std::int64_t direction = label / 2;
    const double angle = std::numbers::pi / 2 * static_cast<double>(direction) / last_pair();
    const double cycles = label % 2 == 0 ? 3 : 7;
    const double rate = 2 * std::numbers::pi * cycles / options_.size;
    return Wave(options_.size, rate * std::cos(angle), rate * std::sin(angle),
                random.uniform(0, 2 * std::numbers::pi));
  }

  void paint(const Wave& wave, const Spot& spot, const Colour& ground, const Colour& mark,
             Random& random, Image& out) const {
    constexpr float contrast = 45;
    Noise noise(random);
    std::uint8_t* pixel = out.u8();
    const auto size = static_cast<std::size_t>(options_.size);
    for (std::size_t y = 0; y < size; ++y) {
      for (std::size_t x = 0; x < size; ++x) {
        const float light = contrast * wave.at(y, x), share = 0.7f * spot.at(y, x);
        for (int c = 0; c < channels_; ++c) {
          const auto k = static_cast<std::size_t>(c);
          const float value = ground[k] + share * (mark[k] - ground[k]) + light + noise.next();
          *pixel++ = static_cast<std::uint8_t>(std::clamp(value, 0.0f, 255.0f));
        }
      }
    }
  }
};

bool recognises(const std::filesystem::path&) {
  return false;
}

std::unique_ptr<Source> open(const SourceOptions& options) {
  return std::make_unique<SyntheticSource>(options.synthetic, decoding(options).channels);
}

}  // namespace

constinit const SourceKind synthetic_kind = {"synthetic", false, false, recognises, open};

}  // namespace tandem::data
