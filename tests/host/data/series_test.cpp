// Series: pictures of one row, in floats.
#include "catch.hpp"
#include "data/contact_sheet.hpp"
#include "data/normalization.hpp"
#include "data/plain.hpp"
#include "data/plot.hpp"
#include "data/source.hpp"
#include "files.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

using namespace tandem;

namespace {

std::unique_ptr<data::Source> series(int length, int classes, int channels = 1,
                                     std::uint64_t seed = 0) {
  data::SourceOptions options;
  options.kind = "synthetic_series";
  options.channels = channels;
  options.synthetic = {.count = 200, .size = length, .classes = classes, .seed = seed};
  return data::open_source(options);
}

std::vector<float> values(const data::Source& source, std::int64_t index) {
  Image image;
  source.read(index, image);
  return {image.f32(), image.f32() + image.values()};
}

/// How much of a wave of this period is in a channel.
double energy(const Image& image, double period, int channel) {
  double sine = 0, cosine = 0;
  for (int t = 0; t < image.width(); ++t) {
    const double phase = 2 * std::numbers::pi * t / period;
    const double value = image.f32()[t * image.channels() + channel];
    sine += value * std::sin(phase);
    cosine += value * std::cos(phase);
  }
  return sine * sine + cosine * cosine;
}

/// The class as documented: two of each period, from 32 values down to 8; the second of two has
/// overtones, of which a sine has none. The period may deviate by 4 %.
std::int64_t best_class(const Image& image, int classes, int channel) {
  double best = -1;
  std::int64_t found = 0;
  for (int pair = 0; 2 * pair < classes; ++pair) {
    const double steps = (classes + 1) / 2 - 1;
    for (double off = 0.96; off <= 1.04; off += 0.005) {
      const double period = 32 * std::pow(0.25, pair / steps) / off;
      const double first = energy(image, period, channel);
      if (first <= best) continue;
      best = first;
      found = 2 * pair + (energy(image, period / 2, channel) > first / 10 ? 1 : 0);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("synthetic series are floats of one row, the same each time") {
  const auto one = series(64, 4, 3), other = series(64, 4, 3), reseeded = series(64, 4, 3, 1);
  std::set<std::vector<float>> all;
  for (std::int64_t i = 0; i < one->size(); ++i) {
    const auto row = values(*one, i);
    REQUIRE(row.size() == 64 * 3);
    REQUIRE(row == values(*other, i));
    REQUIRE(row != values(*reseeded, i));
    all.insert(row);
  }
  CHECK(all.size() == 200);
  Image image;
  one->read(0, image);
  CHECK((image.height() == 1 && image.width() == 64 && image.channels() == 3));
  CHECK(data::fingerprint(*one) == data::fingerprint(*other));
  CHECK(data::fingerprint(*one) != data::fingerprint(*reseeded));
  CHECK(values(*series(1, 1), 0).size() == 1);
}

TEST_CASE("a synthetic series shows its class in each channel") {
  for (int channels : {1, 2, 5}) {
    const auto source = series(512, 6, channels);
    int right = 0;
    Image image;
    for (std::int64_t i = 0; i < 120; ++i) {
      source->read(i, image);
      right += best_class(image, 6, static_cast<int>(i) % channels) == source->label(i);
    }
    CHECK(right >= 114);
  }
}

TEST_CASE("the normalisation of floats is measured as they are, per channel") {
  const auto source = series(128, 6, 2);
  const auto measured = data::measure(*source);
  for (std::size_t c = 0; c < 2; ++c) {
    double sum = 0, square = 0;
    for (std::int64_t i = 0; i < source->size(); ++i) {
      const auto row = values(*source, i);
      for (std::size_t t = c; t < row.size(); t += 2) sum += row[t], square += row[t] * row[t];
    }
    const double mean = sum / (200 * 128),
                 deviation = std::sqrt(square / (200 * 128) - mean * mean);
    CHECK(std::abs(measured.mean[c] - mean) < 1e-6);
    CHECK(std::abs(measured.std[c] - deviation) < 1e-6);
  }
}

namespace {

/// Series that hold one value throughout.
class Constant final : public data::Source {
 public:
  std::int64_t size() const override { return 3; }
  void read(std::int64_t, Image& out) const override {
    out.reset(1, 5, 1, PixelType::f32);
    std::fill_n(out.f32(), 5, 1234.5678f);
  }
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t) const override { return "constant"; }
};

}  // namespace

TEST_CASE("floats that are all equal are not divided by their rounding") {
  const auto measured = data::measure(Constant());
  CHECK(measured.std[0] == 1);
  float out[5];
  Image image;
  Constant().read(0, image);
  data::Normalizer(measured, 1).write(image, out);
  for (const float value : out) CHECK(std::abs(value) < 1e-3f);
}

TEST_CASE("floats are cut to their middle, and stretched where they are too short") {
  Image image(1, 6, 2, PixelType::f32);
  for (std::size_t i = 0; i < 12; ++i) image.f32()[i] = static_cast<float>(i) - 3.5f;
  Image part = image;
  data::fit(part, 1, 2);
  REQUIRE((part.width() == 2 && part.type() == PixelType::f32));
  for (std::size_t i = 0; i < 4; ++i) CHECK(part.f32()[i] == image.f32()[4 + i]);
  data::fit(image, 1, 12);
  REQUIRE((image.height() == 1 && image.width() == 12 && image.channels() == 2));
  // Between the first two values, a quarter of the way: -3.5 and -1.5 in the first channel.
  CHECK(std::abs(image.f32()[2] - -3.0f) < 1e-6f);
}

TEST_CASE("a plain batch of series holds their middle, normalised") {
  const auto source = series(20, 2, 3);
  std::vector<float> out(2 * 8 * 3);
  const std::vector<std::int64_t> indices = {5, 9};
  CHECK(data::load_plain(*source, indices, {1, 8, 3}, {{1.0f}, {2.0f}}, out.data()).empty());
  for (std::size_t n = 0; n < 2; ++n) {
    const auto row = values(*source, indices[n]);
    for (std::size_t i = 0; i < 24; ++i)
      CHECK(std::abs(out[24 * n + i] - (row[18 + i] - 1) / 2) < 1e-6f);
  }
}

TEST_CASE("a plot goes from the lowest value at the bottom to the highest at the top") {
  Image ramp(1, 3, 1, PixelType::f32);
  ramp.f32()[0] = -2, ramp.f32()[1] = 0, ramp.f32()[2] = 2;
  const auto range = data::range_of(ramp);
  CHECK((range.low == -2 && range.high == 2));
  const Image drawn = data::plot(ramp, range, 11);
  const auto lit = [&](int y, int x) { return drawn.u8()[(y * 11 + x) * 3] > 100; };
  for (int i = 0; i < 11; ++i) CHECK(lit(10 - i, i));
  CHECK_FALSE(lit(0, 0));
  ramp.f32()[1] = std::nanf("");
  CHECK(data::range_of(ramp).high == 2);
  CHECK(data::plot(ramp, {0, 0}, 11).width() == 11);  // nothing to divide by
}

TEST_CASE("the contact sheet plots series and their views alike") {
  const auto source = series(40, 2, 2);
  const std::vector<data::ViewSpec> views(2);
  const Image sheet = data::contact_sheet(*source, views, {0, 0, {0, 3}, 24});
  CHECK((sheet.height() == 4 + 2 * 28 && sheet.width() == 4 + 3 * 28));
  // Without operations the views are the series themselves.
  for (int y = 0; y < sheet.height(); ++y) {
    for (int x = 4; x < 28; ++x) {
      const auto at = [&](int column) { return sheet.u8()[(y * sheet.width() + x + column) * 3]; };
      REQUIRE((at(0) == at(28) && at(0) == at(56)));
    }
  }
}
