#include "catch.hpp"
#include "ops.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace tandem;
using ops::make;

namespace {

ops::Op blur(double sigma) {
  return make("gaussian_blur",
              {{"sigma", Numbers{sigma, sigma}}, {"method", std::string("gaussian")}});
}

/// Mirrored at the edges without repeating them.
int mirrored(int i, int n) {
  if (n == 1) return 0;
  const int period = 2 * (n - 1);
  i = ((i % period) + period) % period;
  return i < n ? i : period - i;
}

/// A blurred value by a direct double sum over a kernel wide enough to be whole.
double blurred(const Image& image, int y, int x, int c, double sigma) {
  const int radius = static_cast<int>(std::ceil(8 * sigma));
  double sum = 0, weights = 0;
  for (int dy = -radius; dy <= radius; ++dy) {
    for (int dx = -radius; dx <= radius; ++dx) {
      const double weight = std::exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
      sum += weight *
             ops::at(image, mirrored(y + dy, image.height()), mirrored(x + dx, image.width()), c);
      weights += weight;
    }
  }
  return sum / weights;
}

/// The rectangle in which an image of 255s is not 255 any more; checks that it is filled.
struct Hole {
  int top = 1 << 20, left = 1 << 20, bottom = -1, right = -1;

  explicit Hole(const Image& image) {
    int count = 0;
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) {
        if (ops::at(image, y, x, 0) == 255) continue;
        top = std::min(top, y), bottom = std::max(bottom, y);
        left = std::min(left, x), right = std::max(right, x);
        ++count;
      }
    }
    if (count > 0) REQUIRE(count == height() * width());
  }
  int height() const { return bottom - top + 1; }
  int width() const { return right - left + 1; }
};

Image white(int height, int width, int channels = 1, PixelType type = PixelType::u8) {
  return ops::make_image(
      height, width, channels, [](int, int, int) { return 255; }, type);
}

}  // namespace

TEST_CASE("blur is a convolution with a Gaussian") {
  for (PixelType type : {PixelType::u8, PixelType::f32}) {
    for (int channels : {1, 3, 5}) {
      for (auto [height, width] : {std::pair{14, 11}, {1, 9}, {2, 2}, {1, 1}}) {
        const Image image = ops::random_image(height, width, channels, type);
        for (double sigma : {0.1, 0.5, 1.0, 2.0}) {
          const Image out = ops::run(blur(sigma), image);
          double largest = 0;
          for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
              const double expected = blurred(image, y, x, channels - 1, sigma);
              largest = std::max(largest, std::abs(expected - ops::at(out, y, x, channels - 1)));
            }
          }
          INFO("sigma " << sigma << " on " << height << "x" << width);
          CHECK(largest < (type == PixelType::u8 ? 0.55 : 0.05));
        }
      }
    }
  }
}

TEST_CASE("the blur's standard deviation is drawn evenly") {
  // A bright pixel on black: its share that stays tells sigma, since it falls as sigma grows.
  const Image image = ops::make_image(
      33, 33, 1, [](int y, int x, int) { return y == 16 && x == 16 ? 255 : 0; }, PixelType::f32);
  std::vector<double> table;
  for (int i = 0; i <= 190; ++i) table.push_back(blurred(image, 16, 16, 0, 0.1 + 0.01 * i));
  const auto op = make("gaussian_blur", {{"method", std::string("gaussian")}});
  std::vector<int> tenths(10);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const double peak = ops::at(ops::run(op, image, i), 16, 16, 0);
    std::size_t k = 0;
    while (k + 1 < table.size() && table[k + 1] > peak) ++k;
    ++tenths[std::min<std::size_t>(9, k / 19)];
  }
  // Below 0.25 the pixel keeps all its light in float: the first tenths are told apart badly, so
  // are joined.
  CHECK(std::abs(tenths[0] + tenths[1] - 200) < 64);
  for (std::size_t k = 2; k < 10; ++k) CHECK(std::abs(tenths[k] - 100) < 48);
}

TEST_CASE("erasing writes one rectangle of the drawn area and ratio") {
  const auto op = make("random_erasing",
                       {{"p", 1.0}, {"scale", Numbers{0.05, 0.3}}, {"ratio", Numbers{0.5, 2}}});
  double area = 0, log_ratio = 0, across = 0;
  for (std::uint32_t i = 0; i < 500; ++i) {
    const Hole hole(ops::run(op, white(100, 100), i));
    REQUIRE(hole.bottom >= 0);
    const double share = hole.height() * hole.width() / 1e4;
    const double ratio = static_cast<double>(hole.height()) / hole.width();
    REQUIRE((share > 0.045 && share < 0.31 && ratio > 0.45 && ratio < 2.2));
    area += share, log_ratio += std::log(ratio);
    across += static_cast<double>(hole.left) / (100 - hole.width());
  }
  CHECK(std::abs(area / 500 - 0.175) < 5 * 0.25 / std::sqrt(12.0 * 500));
  CHECK(std::abs(log_ratio / 500) < 5 * 2 * std::log(2.0) / std::sqrt(12.0 * 500));
  CHECK(std::abs(across / 500 - 0.5) < 5 / std::sqrt(12.0 * 500));
}

TEST_CASE("erasing writes its value, or random ones, in every channel") {
  for (PixelType type : {PixelType::u8, PixelType::f32}) {
    const auto minimum = [&](double value) {
      const auto op = make("random_erasing", {{"p", 1.0}, {"value", value}});
      const auto values = ops::values(ops::run(op, white(20, 20, 3, type)));
      return *std::min_element(values.begin(), values.end());
    };
    CHECK(minimum(0) == 0);
    CHECK(std::abs(minimum(0.4) - 102) < 1e-4);
    CHECK(minimum(1) == 255);
    const auto noisy = make("random_erasing", {{"p", 1.0},
                                               {"scale", Numbers{0.9, 0.95}},
                                               {"ratio", Numbers{1, 1}},
                                               {"value", std::string("random")}});
    const Image out = ops::run(noisy, white(60, 60, 3, type));
    double sum = 0, square = 0;
    int count = 0;
    for (double value : ops::values(out)) {
      if (value == 255) continue;
      sum += value, square += value * value, ++count;
    }
    const double mean = sum / count, deviation = std::sqrt(square / count - mean * mean);
    REQUIRE(count > 9000);
    CHECK(std::abs(mean - 127.5) < 5 * 74 / std::sqrt(9000.0));
    CHECK(std::abs(deviation - 255 / std::sqrt(12.0)) < 2);
  }
}

TEST_CASE("where no rectangle fits, nothing is erased") {
  const auto op = make("random_erasing", {{"p", 1.0}, {"scale", Numbers{1, 1}}});
  for (std::uint32_t i = 0; i < 20; ++i) {
    const Image image = white(5, 5);
    CHECK(ops::distance(ops::run(op, image, i), image) == 0);
  }
}

TEST_CASE("noise is normal with the drawn deviation, and stays within black and white") {
  const Image grey = ops::make_image(
      64, 64, 3, [](int, int, int) { return 128; }, PixelType::f32);
  const auto op = make("noise", {{"max", 0.1}});
  double total = 0;
  for (std::uint32_t i = 0; i < 300; ++i) {
    Random random({.seed = 11, .epoch = 0, .sample = i, .view = 0, .op = 0});
    random.chance(1);
    const double expected = 255 * random.uniform(0, 0.1);
    std::vector<double> noise = ops::values(ops::run(op, grey, i));
    double mean = 0, square = 0, fourth = 0;
    for (double& value : noise) mean += (value -= 128);
    const auto n = static_cast<double>(noise.size());
    mean /= n;
    for (double value : noise) square += value * value, fourth += std::pow(value, 4);
    const double deviation = std::sqrt(square / n);
    REQUIRE(std::abs(mean) <= 5.5 * expected / std::sqrt(n) + 1e-4);
    REQUIRE(std::abs(deviation - expected) <= 5.5 * expected / std::sqrt(2 * n) + 1e-4);
    if (expected > 0.1) REQUIRE(std::abs(fourth / n / std::pow(deviation, 4) - 3) < 0.35);
    total += deviation;
  }
  CHECK(std::abs(total / 300 - 12.75) < 5 * 25.5 / std::sqrt(12.0 * 300));

  const Image bytes = ops::make_image(32, 32, 1, [](int, int x, int) { return x % 2 ? 255 : 0; });
  const auto strong = make("noise", {{"max", 1.0}});
  const auto values = ops::values(ops::run(strong, bytes, 3));
  CHECK(*std::min_element(values.begin(), values.end()) == 0);
  CHECK(*std::max_element(values.begin(), values.end()) == 255);
}

TEST_CASE("noise on bytes is unbiased") {
  const Image grey = ops::make_image(128, 128, 1, [](int, int, int) { return 100; });
  double sum = 0;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const auto values = ops::values(ops::run(make("noise"), grey, i));
    sum += std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()) -
           100;
  }
  CHECK(std::abs(sum / 20) < 5 * 15 / std::sqrt(128.0 * 128 * 20));
}
