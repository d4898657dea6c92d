#include "catch.hpp"
#include "ops.hpp"

#include <algorithm>
#include <cmath>
#include <map>

using namespace tandem;
using ops::make;
using ops::run;

namespace {

const auto whole = Numbers{1, 1};
const auto square = Numbers{1, 1};

ops::Op resized(int size, const char* interpolation, Numbers scale = whole,
                Numbers ratio = square) {
  return make("random_resized_crop", {{"size", std::int64_t{size}},
                                      {"scale", scale},
                                      {"ratio", ratio},
                                      {"interpolation", std::string(interpolation)}});
}

double triangle(double x) {
  return std::max(0.0, 1 - std::abs(x));
}

/// Keys' cubic convolution kernel with a = -1/2, written as two polynomials of |x|.
double cubic(double x) {
  const double t = std::abs(x);
  if (t <= 1) return 1.5 * t * t * t - 2.5 * t * t + 1;
  if (t < 2) return -0.5 * t * t * t + 2.5 * t * t - 4 * t + 2;
  return 0;
}

/// One output value of a resampling from `in` to `out` by the formula, in double: along the rows,
/// then down the columns. Of bytes what lies between the two is a byte too.
double resampled(const Image& image, int out_h, int out_w, int y, int x, int c,
                 double (*kernel)(double)) {
  const auto along = [&](int in, int out, int position) {
    const double step = static_cast<double>(in) / out, stretch = std::max(1.0, step);
    std::vector<double> weights;
    double sum = 0;
    for (int k = 0; k < in; ++k) {
      weights.push_back(kernel((k + 0.5 - (position + 0.5) * step) / stretch));
      sum += weights.back();
    }
    for (double& weight : weights) weight /= sum;
    return weights;
  };
  const auto rows = along(image.height(), out_h, y), columns = along(image.width(), out_w, x);
  double value = 0;
  for (int i = 0; i < image.height(); ++i) {
    double along_row = 0;
    for (int j = 0; j < image.width(); ++j)
      along_row += columns[static_cast<std::size_t>(j)] * ops::at(image, i, j, c);
    if (image.type() == PixelType::u8)
      along_row = std::floor(std::clamp(along_row, 0.0, 255.0) + 0.5);
    value += rows[static_cast<std::size_t>(i)] * along_row;
  }
  return value;
}

/// Where a crop of a picture that holds its own coordinates came from: the first pixel and its
/// extent.
struct Found {
  double top, left, height, width;
};

/// Reads the crop's box off an image whose channels are 2·row and 2·column, scaled linearly.
Found box_of(const Image& crop) {
  const int n = crop.height();
  const auto middle = [&](int c, bool vertical) {
    const auto value = [&](int i) {
      return (vertical ? ops::at(crop, i, n / 2, c) : ops::at(crop, n / 2, i, c)) / 2;
    };
    // Two inner points, where no edge is near, give a line: pixel centres are half a pixel in.
    const double step = (value(n / 2 + 2) - value(n / 2 - 2)) / 4;
    const double first_edge = value(n / 2) - step * (n / 2 + 0.5) + 0.5;
    return std::pair{first_edge, step * n};
  };
  const auto [top, height] = middle(0, true);
  const auto [left, width] = middle(1, false);
  return {top, left, height, width};
}

}  // namespace

TEST_CASE("a crop of the whole picture at its own size changes nothing") {
  for (PixelType type : {PixelType::u8, PixelType::f32}) {
    for (int channels : {1, 3, 4}) {
      const Image image = ops::random_image(13, 13, channels, type);
      for (const char* filter : {"bilinear", "bicubic"}) {
        CHECK(ops::distance(run(resized(13, filter), image), image) < 1e-4);
      }
    }
  }
}

TEST_CASE("scaling follows the filter's formula, up and down, antialiased") {
  for (const auto& [name, kernel] :
       {std::pair{"bilinear", &triangle}, std::pair{"bicubic", &cubic}}) {
    for (PixelType type : {PixelType::u8, PixelType::f32}) {
      for (int channels : {1, 2, 3}) {
        const Image image = ops::random_image(12, 12, channels, type);
        for (int size : {1, 2, 5, 11, 12, 13, 24, 31}) {
          const Image out = run(resized(size, name), image);
          REQUIRE((out.height() == size && out.width() == size));
          double largest = 0;
          for (int y = 0; y < size; ++y) {
            for (int x = 0; x < size; ++x) {
              for (int c = 0; c < channels; ++c) {
                double expected = resampled(image, size, size, y, x, c, kernel);
                if (type == PixelType::u8) expected = std::clamp(expected, 0.0, 255.0);
                largest = std::max(largest, std::abs(expected - ops::at(out, y, x, c)));
              }
            }
          }
          // A tie between the two directions may fall to either side.
          INFO(name << " to " << size);
          CHECK(largest < (type == PixelType::u8 ? 1.6 : 1e-3));
        }
      }
    }
  }
}

TEST_CASE("the drawn part has the area and the ratio it should have, anywhere in the picture") {
  // 120 × 120, so that a row's double still fits a byte; 400 draws.
  const Image image = ops::make_image(
      120, 120, 2, [](int y, int x, int c) { return 2 * (c ? x : y); }, PixelType::f32);
  const auto op = resized(16, "bilinear", {0.2, 0.6}, {0.75, 4.0 / 3});
  double area = 0, log_ratio = 0, square_log = 0, across = 0;
  int count = 0;
  for (std::uint32_t i = 0; i < 400; ++i) {
    const Found found = box_of(run(op, image, i));
    REQUIRE((found.top > -0.6 && found.left > -0.6));
    REQUIRE((found.top + found.height < 120.6 && found.left + found.width < 120.6));
    const double share = found.height * found.width / 14400, ratio = found.width / found.height;
    REQUIRE((share > 0.19 && share < 0.61));
    REQUIRE((ratio > 0.72 && ratio < 1.38));
    area += share, log_ratio += std::log(ratio), square_log += std::log(ratio) * std::log(ratio);
    if (found.width < 119) across += found.left / (120 - found.width);
    ++count;
  }
  // Means of uniform draws, within five standard errors: width / sqrt(12 · 400).
  const double span = std::log(4.0 / 3);
  CHECK(std::abs(area / count - 0.4) < 5 * 0.4 / std::sqrt(12.0 * 400));
  CHECK(std::abs(log_ratio / count) < 5 * 2 * span / std::sqrt(12.0 * 400) + 0.005);
  CHECK(std::abs(std::sqrt(square_log / count) - 2 * span / std::sqrt(12.0)) < 0.02);
  CHECK(std::abs(across / count - 0.5) < 5 / std::sqrt(12.0 * 400) + 0.01);
}

TEST_CASE("a picture in which no part fits gives its largest centred part") {
  // 100 wide, 10 high: within a ratio of at most 2 the largest part is 20 × 10, and starts at
  // column 40.
  const Image wide = ops::make_image(
      10, 100, 1, [](int, int x, int) { return x; }, PixelType::f32);
  const auto op = resized(20, "bilinear", {1, 1}, {0.5, 2});
  const Image out = run(op, wide);
  CHECK(std::abs(ops::at(out, 10, 0, 0) - 40) < 1e-3);
  CHECK(std::abs(ops::at(out, 10, 19, 0) - 59) < 1e-3);
  const Image high = ops::make_image(
      100, 10, 1, [](int y, int, int) { return y; }, PixelType::f32);
  const Image tall = run(op, high);
  CHECK(std::abs(ops::at(tall, 0, 5, 0) - 40) < 1e-3);
  CHECK(std::abs(ops::at(tall, 19, 5, 0) - 59) < 1e-3);
}

TEST_CASE("resize scales the shorter side and keeps the proportion") {
  const auto size_of = [](int h, int w, int size) {
    const Image out = run(make("resize", {{"size", std::int64_t{size}}}), Image(h, w, 1));
    return std::pair{out.height(), out.width()};
  };
  CHECK(size_of(20, 30, 10) == std::pair{10, 15});
  CHECK(size_of(30, 20, 10) == std::pair{15, 10});
  CHECK(size_of(7, 10, 9) == std::pair{9, 12});  // 12.857, cut off
  CHECK(size_of(10, 25, 10) == std::pair{10, 25});
  const Image image = ops::random_image(20, 20, 3);
  const Image out = run(make("resize", {{"size", std::int64_t{9}}}), image);
  CHECK(std::abs(ops::at(out, 4, 3, 1) -
                 std::clamp(resampled(image, 9, 9, 4, 3, 1, cubic), 0.0, 255.0)) <= 0.5001);
  CHECK_THROWS_AS(run(make("resize", {{"size", std::int64_t{224}}}), Image(1, 5000, 1)), Error);
}

TEST_CASE("a centre crop takes the middle, and puts a small picture on black") {
  const Image image = ops::make_image(6, 5, 1, [](int y, int x, int) { return 10 * y + x + 1; });
  const auto crop = [&](int size) {
    return ops::values(run(make("center_crop", {{"size", std::int64_t{size}}}), image));
  };
  CHECK(crop(2) == std::vector<double>{23, 24, 33, 34});
  CHECK(crop(1) == std::vector<double>{23});
  const Image large = run(make("center_crop", {{"size", std::int64_t{9}}}), image);
  double sum = 0;
  for (double value : ops::values(large)) sum += value;
  CHECK(sum == 10 * 15 * 5 + 10 * 6 + 30);  // every pixel once: 10 y + x + 1 over 6 rows of 5
  CHECK(ops::at(large, 0, 0, 0) == 0);
}

TEST_CASE("center_crop begins where torchvision's does") {
  // Its documentation: round(room / 2), by Python's rule that halves go to the even number; a
  // picture that is too small gets room // 2 of black before it.
  const std::vector<std::pair<int, int>> begins = {{8, 0},  {9, 0},  {10, 1}, {11, 2}, {12, 2},
                                                   {13, 2}, {15, 4}, {7, 0},  {6, -1}, {5, -1}};
  for (const auto& [side, begin] : begins) {
    const Image image =
        ops::make_image(side, side, 1, [](int y, int x, int) { return y + 20 * x; });
    const Image out = run(make("center_crop", {{"size", std::int64_t{8}}}), image);
    INFO(side << " to 8");
    for (int i = std::max(0, -begin); i < std::min(8, side - begin); ++i)
      CHECK(ops::at(out, i, i, 0) == 21 * (i + begin));
  }
}

TEST_CASE("a shift moves whole pixels by at most its limit, each as often") {
  const Image image =
      ops::make_image(8, 9, 3, [](int y, int x, int c) { return 1 + 27 * y + 3 * x + c; });
  std::map<std::pair<int, int>, int> seen;
  const auto op = make("random_shift", {{"max", std::int64_t{2}}});
  for (std::uint32_t i = 0; i < 2500; ++i) {
    const Image out = run(op, image, i);
    bool found = false;
    for (int down = -2; down <= 2 && !found; ++down) {
      for (int right = -2; right <= 2 && !found; ++right) {
        found = ops::distance(out, ops::make_image(8, 9, 3, [&](int y, int x, int c) {
                                const int from_y = y - down, from_x = x - right;
                                if (from_y < 0 || from_y >= 8 || from_x < 0 || from_x >= 9)
                                  return 0;
                                return 1 + 27 * from_y + 3 * from_x + c;
                              })) == 0;
        if (found) ++seen[{down, right}];
      }
    }
    REQUIRE(found);
  }
  REQUIRE(seen.size() == 25);
  // 100 expected each; chi-squared with 24 degrees of freedom is below 60 but once in 20,000 times.
  double chi = 0;
  for (const auto& [move, count] : seen) chi += (count - 100.0) * (count - 100.0) / 100;
  CHECK(chi < 60);
}

TEST_CASE("a shift further than the picture leaves black") {
  const auto op = make("random_shift", {{"max", std::int64_t{50}}});
  const Image image = ops::make_image(3, 3, 1, [](int, int, int) { return 9; });
  int black = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const auto values = ops::values(run(op, image, i));
    black += std::count(values.begin(), values.end(), 0) == 9;
  }
  CHECK(black > 90);
}
