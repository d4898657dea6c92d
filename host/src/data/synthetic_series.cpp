#include "data/source_kinds.hpp"
#include "data/synthetic.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tandem::data {
namespace {

constexpr double turn = 2 * std::numbers::pi;

/// One channel: a wave of the class's shape and period, on a slow drift, in noise.
struct Channel {
  bool saw;
  double rate;  ///< turns a value
  double gain, phase, drift, drift_rate, drift_phase;

  Channel(bool saw_tooth, double turns, int length, Random& random)
      : saw(saw_tooth),
        rate(turns),
        gain(random.uniform(0.6, 1.4)),
        phase(random.uniform()),
        drift(random.uniform()),
        drift_rate(random.uniform(0.3, 1.5) / length),
        drift_phase(random.uniform()) {}

  double at(int t) const {
    const double turns = phase + rate * t;
    const double wave = saw ? 2 * (turns - std::floor(turns)) - 1 : std::sin(turn * turns);
    return gain * wave + drift * std::sin(turn * (drift_phase + drift_rate * t));
  }
};

class SeriesSource final : public Synthetic {
 public:
  SeriesSource(const SyntheticOptions& options, int channels)
      : Synthetic(options, channels, "series") {}

  void read(std::int64_t index, Image& out) const override {
    Random random = random_of(index, 1);
    out.reset(1, options_.size, channels_, PixelType::f32);
    const double rate = random.uniform(0.96, 1.04) / period(label(index));
    for (int c = 0; c < channels_; ++c) {
      write(Channel(label(index) % 2 == 1, rate, options_.size, random), c, random, out);
    }
  }

 private:
  /// Even classes are sines, odd ones saw-teeth, two of each period.
  double period(std::int64_t label) const {
    const std::int64_t pair = label / 2;
    return 32 * std::pow(0.25, static_cast<double>(pair) / last_pair());
  }

  void write(const Channel& channel, int number, Random& random, Image& out) const {
    constexpr double noise = 0.5;
    float* value = out.f32() + number;
    for (int t = 0; t < options_.size; ++t, value += channels_) {
      *value = static_cast<float>(channel.at(t) + noise * random.normal());
    }
  }
};

bool recognises(const std::filesystem::path&) {
  return false;
}

std::unique_ptr<Source> open(const SourceOptions& options) {
  if (options.channels < 0) throw Error(ErrorKind::config, "data.channels must be at least 0");
  return std::make_unique<SeriesSource>(options.synthetic, std::max(options.channels, 1));
}

}  // namespace

constinit const SourceKind series_kind = {"synthetic_series", false, false, recognises, open};

}  // namespace tandem::data
