#include "data/source_kinds.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/random.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
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

class SeriesSource final : public Source {
 public:
  SeriesSource(const SyntheticOptions& options, int channels)
      : options_(options), channels_(channels) {}

  std::int64_t size() const override { return options_.count; }
  std::int64_t label(std::int64_t index) const override { return index % options_.classes; }
  std::string name(std::int64_t index) const override {
    return "synthetic[" + std::to_string(index) + "]";
  }

  void read(std::int64_t index, Image& out) const override {
    constexpr auto none = std::numeric_limits<std::uint16_t>::max();
    Random random({.seed = options_.seed,
                   .epoch = 0,
                   .sample = static_cast<std::uint32_t>(index),
                   .view = none,
                   .op = 1});
    out.reset(1, options_.size, channels_, PixelType::f32);
    const double rate = random.uniform(0.96, 1.04) / period(label(index));
    for (int c = 0; c < channels_; ++c) {
      write(Channel(label(index) % 2 == 1, rate, options_.size, random), c, random, out);
    }
  }

 private:
  /// Even classes are sines, odd ones saw-teeth, two of each period.
  double period(std::int64_t label) const {
    const double steps = std::max(1, (options_.classes + 1) / 2 - 1);
    const std::int64_t pair = label / 2;
    return 32 * std::pow(0.25, static_cast<double>(pair) / steps);
  }

  void write(const Channel& channel, int number, Random& random, Image& out) const {
    constexpr double noise = 0.5;
    float* value = out.f32() + number;
    for (int t = 0; t < options_.size; ++t, value += channels_) {
      *value = static_cast<float>(channel.at(t) + noise * random.normal());
    }
  }

  SyntheticOptions options_;
  int channels_;
};

bool recognises(const std::filesystem::path&) {
  return false;
}

std::unique_ptr<Source> open(const SourceOptions& options) {
  const SyntheticOptions& made = options.synthetic;
  if (made.count < 1 || made.size < 1 || made.classes < 1 || options.channels < 0) {
    throw Error(ErrorKind::config,
                "synthetic series need a count, a size and a number of classes of at least 1");
  }
  return std::make_unique<SeriesSource>(made, std::max(options.channels, 1));
}

}  // namespace

constinit const SourceKind series_kind = {"synthetic_series", false, false, recognises, open};

}  // namespace tandem::data
