#include "catch.hpp"
#include "ops.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

using namespace tandem;
using ops::make;

namespace {

Image one(int r, int g, int b, PixelType type = PixelType::u8) {
  return ops::make_image(
      1, 1, 3, [&](int, int, int c) { return c == 0   ? r
                                             : c == 1 ? g
                                                      : b; }, type);
}

/// ITU-R 601 in Pillow's 16-bit fixed point.
int grey_of(int r, int g, int b) {
  return (r * 19595 + g * 38470 + b * 7471 + 32768) >> 16;
}

/// What draws a jitter makes, in the documented order.
struct Draws {
  bool on;
  std::array<int, 4> order;
  double brightness, contrast, saturation, hue;

  Draws(std::uint32_t sample, double b, double c, double s, double h, double p = 1) {
    Random random({.seed = 11, .epoch = 0, .sample = sample, .view = 0, .op = 0});
    on = random.chance(p);
    order = {0, 1, 2, 3};
    for (std::size_t i = 3; i > 0; --i) {
      std::swap(order[i],
                order[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(i)))]);
    }
    brightness = random.uniform(std::max(0.0, 1 - b), 1 + b);
    contrast = random.uniform(std::max(0.0, 1 - c), 1 + c);
    saturation = random.uniform(std::max(0.0, 1 - s), 1 + s);
    hue = random.uniform(-h, h);
  }
};

/// Turns a hue by the textbook: to hue, saturation, value and back, in double.
std::array<double, 3> turned(double r, double g, double b, double turn) {
  const double v = std::max({r, g, b}), chroma = v - std::min({r, g, b});
  if (chroma == 0) return {r, g, b};
  double h = v == r ? (g - b) / chroma : v == g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
  h = std::fmod(h / 6 + turn + 2, 1.0) * 6;
  const double x = chroma * (1 - std::abs(std::fmod(h, 2.0) - 1)), m = v - chroma;
  const std::array<std::array<double, 3>, 6> sextants = {{{chroma, x, 0},
                                                          {x, chroma, 0},
                                                          {0, chroma, x},
                                                          {0, x, chroma},
                                                          {x, 0, chroma},
                                                          {chroma, 0, x}}};
  auto colour = sextants[std::min<std::size_t>(5, static_cast<std::size_t>(h))];
  for (double& value : colour) value += m;
  return colour;
}

/// Turns a hue as torchvision does on Pillow images: by way of a hue and a saturation in bytes,
/// each rounded to single precision where Pillow's are.
std::array<double, 3> turned_bytes(int r, int g, int b, double turn) {
  const int v = std::max({r, g, b}), chroma = v - std::min({r, g, b});
  const auto grey = static_cast<double>(v);
  if (chroma == 0) return {grey, grey, grey};
  const auto share = [](int part, int whole) {
    return double{static_cast<float>(part) / static_cast<float>(whole)};
  };
  const double red = share(v - r, chroma), green = share(v - g, chroma),
               blue = share(v - b, chroma);
  const double sixths = v == r ? blue - green : v == g ? 2 + red - blue : 4 + green - red;
  const auto circle = static_cast<float>(std::fmod(double{static_cast<float>(sixths)} / 6 + 1, 1));
  const int moved = static_cast<int>(double{static_cast<float>(turn)} * 255);
  const int h = (static_cast<int>(double{circle} * 255) + moved) & 255;
  const int s = static_cast<int>(share(chroma, v) * 255), f = 2 * h % 85;
  const auto level = [&](int lack) { return std::round(grey * (1 - s * lack / 21675.0)); };
  const double low = level(85), falling = level(f), rising = level(85 - f);
  const std::array<std::array<double, 3>, 6> sextants = {{{grey, rising, low},
                                                          {falling, grey, low},
                                                          {low, grey, rising},
                                                          {low, falling, grey},
                                                          {rising, low, grey},
                                                          {grey, low, falling}}};
  return sextants[static_cast<std::size_t>(2 * h / 85 % 6)];
}

double clip(double value) {
  return std::clamp(value, 0.0, 255.0);
}

/// A jitter by its definition: of floats in double, of bytes as Pillow does each step.
std::vector<double> jittered(const Image& image, const Draws& draws) {
  const bool bytes = image.type() == PixelType::u8;
  // Pillow blends bytes in single precision: product and sum are exact in double, then rounded.
  const auto blended = [&](double from, double to, double factor) {
    if (!bytes) return clip(from + factor * (to - from));
    const auto change = static_cast<float>(double{static_cast<float>(factor)} * (to - from));
    return std::floor(clip(double{static_cast<float>(from + double{change})}));
  };
  auto values = ops::values(image);
  const auto grey = [&](std::size_t i) {
    if (!bytes) return 0.299 * values[i] + 0.587 * values[i + 1] + 0.114 * values[i + 2];
    return double(grey_of(static_cast<int>(values[i]), static_cast<int>(values[i + 1]),
                          static_cast<int>(values[i + 2])));
  };
  const auto blend_all = [&](double from, double factor) {
    for (double& value : values) value = blended(from, value, factor);
  };
  for (int step : draws.order) {
    if (step == 0) blend_all(0, draws.brightness);
    if (step == 1) {
      double mean = 0;
      for (std::size_t i = 0; i < values.size(); i += 3) mean += grey(i);
      mean /= static_cast<double>(values.size()) / 3;
      blend_all(bytes ? std::floor(mean + 0.5) : mean, draws.contrast);
    }
    for (std::size_t i = 0; step > 1 && i < values.size(); i += 3) {
      const double own = grey(i);
      const auto whole = [&](std::size_t c) { return static_cast<int>(values[i + c]); };
      const auto colour = bytes ? turned_bytes(whole(0), whole(1), whole(2), draws.hue)
                                : turned(values[i], values[i + 1], values[i + 2], draws.hue);
      for (std::size_t c = 0; c < 3; ++c) {
        if (step == 2) values[i + c] = blended(own, values[i + c], draws.saturation);
        if (step == 3) values[i + c] = colour[c];
      }
    }
  }
  return values;
}

}  // namespace

TEST_CASE("a flip swaps left and right, and twice is nothing") {
  const auto flip = make("horizontal_flip", {{"p", 1.0}});
  for (PixelType type : {PixelType::u8, PixelType::f32}) {
    for (int channels : {1, 2, 3, 4}) {
      for (int width : {1, 2, 7, 8}) {
        const Image image = ops::random_image(3, width, channels, type);
        const Image out = ops::run(flip, image);
        for (int y = 0; y < 3; ++y) {
          for (int x = 0; x < width; ++x) {
            for (int c = 0; c < channels; ++c) {
              REQUIRE(ops::at(out, y, x, c) == ops::at(image, y, width - 1 - x, c));
            }
          }
        }
        CHECK(ops::distance(ops::run(flip, out), image) == 0);
      }
    }
  }
}

TEST_CASE("a probability is kept") {
  // Which pictures change, of 2000; five standard deviations are 112.
  const Image image =
      ops::make_image(2, 2, 3, [](int y, int x, int c) { return 40 * y + 90 * x + 20 * c + 5; });
  const auto changed = [&](const ops::Op& op) {
    int count = 0;
    for (std::uint32_t i = 0; i < 2000; ++i)
      count += ops::distance(ops::run(op, image, i), image) > 0;
    return count;
  };
  CHECK(std::abs(changed(make("horizontal_flip")) - 1000) < 112);
  CHECK(std::abs(changed(make("grayscale", {{"p", 0.2}})) - 400) < 90);
  CHECK(std::abs(changed(make("solarize", {{"p", 0.3}})) - 600) < 103);
  CHECK(std::abs(changed(make("gaussian_blur", {{"p", 0.1}, {"sigma", Numbers{1, 2}}})) - 200) <
        67);
  CHECK(std::abs(changed(make("color_jitter", {{"hue", 0.5}, {"p", 0.8}})) - 1600) < 100);
  for (const char* id :
       {"horizontal_flip", "grayscale", "solarize", "gaussian_blur", "noise", "random_erasing"}) {
    CHECK(changed(make(id, {{"p", 0.0}})) == 0);
  }
  CHECK(changed(make("color_jitter")) == 0);  // every strength is 0
}

TEST_CASE("grey is ITU-R 601 in every channel") {
  const auto op = make("grayscale", {{"p", 1.0}});
  for (const auto& [r, g, b] : {std::array{255, 0, 0},
                                {0, 255, 0},
                                {0, 0, 255},
                                {255, 255, 255},
                                {0, 0, 0},
                                {17, 200, 99}}) {
    CHECK(ops::values(ops::run(op, one(r, g, b))) == std::vector<double>(3, grey_of(r, g, b)));
    const auto floats = ops::values(ops::run(op, one(r, g, b, PixelType::f32)));
    for (double value : floats) CHECK(std::abs(value - (0.299 * r + 0.587 * g + 0.114 * b)) < 1e-4);
  }
  const Image image = ops::random_image(9, 31, 3);
  const Image out = ops::run(op, image);
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 31; ++x) {
      const auto value = [&](int c) { return static_cast<int>(ops::at(image, y, x, c)); };
      REQUIRE(ops::at(out, y, x, 1) == grey_of(value(0), value(1), value(2)));
    }
  }
  const Image two = ops::make_image(1, 1, 2, [](int, int, int c) { return c ? 11 : 20; });
  CHECK(ops::values(ops::run(op, two)) == std::vector<double>{16, 16});
  const Image single = ops::random_image(4, 4, 1);
  CHECK(ops::distance(ops::run(op, single), single) == 0);
}

TEST_CASE("solarize inverts from the threshold on") {
  const Image all = ops::make_image(16, 16, 1, [](int y, int x, int) { return 16 * y + x; });
  for (double threshold : {0.0, 1.0, 128.0, 200.0, 255.0, 256.0}) {
    const auto op = make("solarize", {{"p", 1.0}, {"threshold", threshold}});
    const auto out = ops::values(ops::run(op, all));
    const Image floats = ops::make_image(
        16, 16, 1, [](int y, int x, int) { return 16 * y + x; }, PixelType::f32);
    const auto float_out = ops::values(ops::run(op, floats));
    for (std::size_t v = 0; v < 256; ++v) {
      const auto value = static_cast<double>(v), expected = value < threshold ? value : 255 - value;
      REQUIRE(out[v] == expected);
      REQUIRE(std::abs(float_out[v] - expected) < 1e-4);
    }
  }
}

TEST_CASE("a turned hue takes a known colour to a known colour") {
  // A hue of exactly ±1/2 cannot be asked for alone, so the draw is read back.
  const auto op = make("color_jitter", {{"hue", 0.5}});
  for (std::uint32_t sample = 0; sample < 300; ++sample) {
    const double turn = Draws(sample, 0, 0, 0, 0.5).hue;
    for (const auto& [r, g, b] : {std::array{255, 0, 0},
                                  {0, 255, 0},
                                  {0, 0, 255},
                                  {255, 255, 0},
                                  {200, 100, 50},
                                  {3, 7, 5},
                                  {80, 80, 80},
                                  {0, 0, 0}}) {
      const auto expected = turned(r, g, b, turn);
      const auto expected_bytes = turned_bytes(r, g, b, turn);
      const auto bytes = ops::values(ops::run(op, one(r, g, b), sample));
      const auto floats = ops::values(ops::run(op, one(r, g, b, PixelType::f32), sample));
      for (std::size_t c = 0; c < 3; ++c) {
        REQUIRE(bytes[c] == expected_bytes[c]);
        REQUIRE(std::abs(floats[c] - expected[c]) < 0.002);
      }
    }
  }
  // By a third of the circle red becomes green: the formula itself, by hand.
  const auto green = turned(255, 0, 0, 1.0 / 3);
  CHECK(
      (std::abs(green[0]) < 1e-9 && std::abs(green[1] - 255) < 1e-9 && std::abs(green[2]) < 1e-9));
}

TEST_CASE("jitter is its four steps in the drawn order, with the drawn factors") {
  const auto op =
      make("color_jitter",
           {{"brightness", 0.4}, {"contrast", 0.5}, {"saturation", 0.3}, {"hue", 0.1}, {"p", 0.8}});
  std::map<std::array<int, 4>, int> orders;
  for (PixelType type : {PixelType::u8, PixelType::f32}) {
    const Image image = ops::random_image(5, 13, 3, type);
    for (std::uint32_t sample = 0; sample < 400; ++sample) {
      const Draws draws(sample, 0.4, 0.5, 0.3, 0.1, 0.8);
      ++orders[draws.order];
      const auto found = ops::values(ops::run(op, image, sample));
      const auto expected = draws.on ? jittered(image, draws) : ops::values(image);
      double largest = 0;
      for (std::size_t i = 0; i < found.size(); ++i)
        largest = std::max(largest, std::abs(found[i] - expected[i]));
      CHECK(largest <= (type == PixelType::u8 ? 0 : 0.01));
    }
  }
  CHECK(orders.size() == 24);
}

TEST_CASE("brightness of a grey picture tells the factor's distribution") {
  const Image image = ops::make_image(
      1, 1, 1, [](int, int, int) { return 100; }, PixelType::f32);
  const auto op = make("color_jitter", {{"brightness", 0.4}});
  double sum = 0, least = 9, most = 0;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const double factor = ops::values(ops::run(op, image, i))[0] / 100;
    sum += factor, least = std::min(least, factor), most = std::max(most, factor);
  }
  CHECK(std::abs(sum / 3000 - 1) < 5 * 0.8 / std::sqrt(12.0 * 3000));
  CHECK((least >= 0.6 - 1e-6 && least < 0.605 && most <= 1.4 + 1e-6 && most > 1.395));
}

TEST_CASE("saturation and hue leave pictures of other than three channels alone") {
  const auto op = make("color_jitter", {{"saturation", 0.9}, {"hue", 0.5}});
  for (int channels : {1, 2, 4}) {
    const Image image = ops::random_image(6, 6, channels);
    for (std::uint32_t i = 0; i < 10; ++i) CHECK(ops::distance(ops::run(op, image, i), image) == 0);
  }
}

TEST_CASE("contrast keeps the mean grey of one channel") {
  const Image image =
      ops::make_image(1, 4, 1, [](int, int x, int) { return 90 + 10 * x; });  // mean 105
  const auto op = make("color_jitter", {{"contrast", 0.5}});
  for (std::uint32_t i = 0; i < 50; ++i) {
    const double factor = Draws(i, 0, 0.5, 0, 0).contrast;
    const auto out = ops::values(ops::run(op, image, i));
    for (std::size_t x = 0; x < 4; ++x) {
      const double exact = 105 + factor * (90 + 10 * static_cast<double>(x) - 105);
      CHECK(out[x] <= exact + 1e-3);
      CHECK(out[x] > exact - 1.001);
    }
  }
}
