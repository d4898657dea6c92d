// What operations tell of their draws, against the pixels that they make with them.
#include "catch.hpp"
#include "ops.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>
#include <vector>

using namespace tandem;
using ops::make;
using ops::run;
using ops::told;

namespace {

const std::string not_applied = "not applied";

struct Item {
  std::string name;
  float value;
};

/// "top 12, left 30, width 96, height 85 of 224x224" → four names with their values, in order.
std::vector<Item> items(const std::string& text) {
  std::vector<Item> found;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(", ", at), text.size());
    const std::size_t space = text.find_first_of("-0123456789", at) - 1;
    REQUIRE(space < end);
    found.push_back({text.substr(at, space - at), std::stof(text.substr(space))});
    at = end + 2;
  }
  return found;
}

/// The values that have just these names, in this order.
std::vector<double> values_of(const std::string& text, const std::vector<std::string>& names) {
  const auto found = items(text);
  CAPTURE(text);
  REQUIRE(found.size() == names.size());
  std::vector<double> values;
  for (std::size_t i = 0; i < names.size(); ++i) {
    REQUIRE(found[i].name == names[i]);
    values.push_back(found[i].value);
  }
  return values;
}

struct Box {
  int top, left, width, height;
};

Box box_of(const std::string& text, const std::string& of) {
  CAPTURE(text);
  REQUIRE(text.ends_with(" of " + of));
  const auto values = values_of(text, {"top", "left", "width", "height"});
  const auto whole = [&](std::size_t i) { return static_cast<int>(values[i]); };
  return {whole(0), whole(1), whole(2), whole(3)};
}

/// Over many draws with p = 0.5: what is told decides between the picture as it was and as
/// `changed` has it, and both happen.
void check_decisions(const std::string& id, const std::string& yes, const Image& before,
                     const Image& changed) {
  REQUIRE(ops::distance(before, changed) > 0);
  const auto op = make(id, {{"p", 0.5}});
  int done = 0;
  for (std::uint32_t i = 0; i < 300; ++i) {
    const std::string text = told(op, before, i);
    REQUIRE((text == yes || text == not_applied));
    REQUIRE(ops::distance(run(op, before, i), text == yes ? changed : before) == 0);
    done += text == yes;
  }
  CHECK(std::abs(done - 150) < 5 * std::sqrt(300 * 0.25));
}

}  // namespace

TEST_CASE("the part that is told is the part that is scaled") {
  constexpr int size = 16;
  const auto op = make("random_resized_crop", {{"size", std::int64_t{size}},
                                               {"scale", Numbers{0.1, 1}},
                                               {"interpolation", std::string("bilinear")}});
  // Every pixel holds its row and its column: a linear picture, which inner pixels of any scaling
  // read at the centre of what they stand for; a sampled triangle is off it by hundredths, a wrong
  // part by a quarter at least.
  const Image image = ops::make_image(
      90, 120, 2, [](int y, int x, int c) { return c == 0 ? y : x; }, PixelType::f32);
  for (std::uint32_t i = 0; i < 300; ++i) {
    const Box box = box_of(told(op, image, i), "120x90");
    const Image out = run(op, image, i);
    for (int k = 4; k < size - 4; ++k) {
      const double row = box.top + (k + 0.5) * box.height / size - 0.5;
      const double column = box.left + (k + 0.5) * box.width / size - 0.5;
      REQUIRE(std::abs(ops::at(out, k, size / 2, 0) - row) < 0.1);
      REQUIRE(std::abs(ops::at(out, size / 2, k, 1) - column) < 0.1);
    }
  }
}

TEST_CASE("where no part fits, the largest centred one is told") {
  const auto op =
      make("random_resized_crop", {{"scale", Numbers{1, 1}}, {"ratio", Numbers{0.5, 2}}});
  CHECK(told(op, Image(10, 100, 1)) == "top 0, left 40, width 20, height 10 of 100x10");
}

TEST_CASE("what is not drawn is told too: a centre crop's part, the size after scaling") {
  const auto crop = make("center_crop", {{"size", std::int64_t{2}}});
  CHECK(told(crop, Image(6, 5, 1)) == "top 2, left 2, width 2, height 2 of 5x6");
  const auto resize = make("resize", {{"size", std::int64_t{9}}});
  CHECK(told(resize, Image(7, 10, 1)) == "10x7 to 12x9");
}

TEST_CASE("a shift is as far as is told") {
  const auto pixel = [](int y, int x, int c) { return 1 + 27 * y + 3 * x + c; };
  const Image image = ops::make_image(8, 9, 3, pixel);
  const auto op = make("random_shift", {{"max", std::int64_t{3}}});
  for (std::uint32_t i = 0; i < 300; ++i) {
    const auto move = values_of(told(op, image, i), {"down", "right"});
    const auto expected = ops::make_image(8, 9, 3, [&](int y, int x, int c) {
      const int from_y = y - static_cast<int>(move[0]), from_x = x - static_cast<int>(move[1]);
      const bool inside = from_y >= 0 && from_y < 8 && from_x >= 0 && from_x < 9;
      return inside ? pixel(from_y, from_x, c) : 0;
    });
    REQUIRE(ops::distance(run(op, image, i), expected) == 0);
  }
}

TEST_CASE("flipped, grey and solarized are those pictures of which it is told") {
  const Image image = ops::random_image(9, 8, 3);
  const auto pixel = [&](int y, int x, int c) { return static_cast<int>(ops::at(image, y, x, c)); };
  check_decisions(
      "horizontal_flip", "flipped", image,
      ops::make_image(9, 8, 3, [&](int y, int x, int c) { return pixel(y, 7 - x, c); }));
  check_decisions(
      "grayscale", "applied", image, ops::make_image(9, 8, 3, [&](int y, int x, int) {
        return (19595 * pixel(y, x, 0) + 38470 * pixel(y, x, 1) + 7471 * pixel(y, x, 2) + 32768) >>
               16;
      }));
  check_decisions("solarize", "applied", image, ops::make_image(9, 8, 3, [&](int y, int x, int c) {
                    const int value = pixel(y, x, c);
                    return value < 128 ? value : 255 - value;
                  }));
  CHECK(told(make("grayscale", {{"p", 1.0}}), Image(4, 4, 1)) == not_applied);
}

TEST_CASE("the brightness that is told gives the very bytes") {
  const Image image = ops::random_image(9, 8, 3);
  const auto op = make("color_jitter", {{"brightness", 0.4}, {"p", 0.8}});
  int skipped = 0;
  for (std::uint32_t i = 0; i < 300; ++i) {
    const std::string text = told(op, image, i);
    const bool skip = text == not_applied;
    const float factor = skip ? 1 : static_cast<float>(values_of(text, {"brightness"})[0]);
    REQUIRE((factor >= 0.6f && factor <= 1.4f));
    const auto expected = ops::make_image(9, 8, 3, [&](int y, int x, int c) {
      return static_cast<int>(
          std::min(255.0f, static_cast<float>(ops::at(image, y, x, c)) * factor));
    });
    REQUIRE(ops::distance(run(op, image, i), expected) == 0);
    skipped += skip;
  }
  CHECK(std::abs(skipped - 60) < 5 * std::sqrt(300 * 0.8 * 0.2));
}

TEST_CASE("a jitter's steps are told in the order in which they are taken") {
  const Image image = ops::random_image(6, 5, 3, PixelType::f32);
  const auto op =
      make("color_jitter", {{"brightness", 0.5}, {"contrast", 0.5}, {"saturation", 0.5}});
  const auto luma = [](const double* rgb) {
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
  };
  std::vector<std::string> first_ones;
  for (std::uint32_t i = 0; i < 100; ++i) {
    auto values = ops::values(image);
    const auto steps = items(told(op, image, i));
    REQUIRE(steps.size() == 3);
    for (const auto& [name, factor] : steps) {
      double mean = 0;
      for (std::size_t p = 0; p < values.size(); p += 3) mean += luma(&values[p]) / 30;
      for (std::size_t p = 0; p < values.size(); p += 3) {
        const double own = luma(&values[p]);
        const double from = name == "brightness" ? 0 : name == "contrast" ? mean : own;
        for (std::size_t c = p; c < p + 3; ++c)
          values[c] = std::clamp(from + factor * (values[c] - from), 0.0, 255.0);
      }
    }
    const auto found = ops::values(run(op, image, i));
    for (std::size_t p = 0; p < values.size(); ++p) REQUIRE(std::abs(found[p] - values[p]) < 0.01);
    first_ones.push_back(steps[0].name);
  }
  for (const std::string name : {"brightness", "contrast", "saturation"})
    CHECK(std::count(first_ones.begin(), first_ones.end(), name) > 15);
}

TEST_CASE("a hue that is told turns red that far; a grey picture has none to tell") {
  const Image red = ops::make_image(
      1, 1, 3, [](int, int, int c) { return c == 0 ? 255 : 0; }, PixelType::f32);
  const auto op = make("color_jitter", {{"hue", 0.5}});
  for (std::uint32_t i = 0; i < 100; ++i) {
    // Around the circle a channel stays at the top for a third, falls for a sixth, and so on.
    const double turn = values_of(told(op, red, i), {"hue"})[0];
    const Image out = run(op, red, i);
    for (int c = 0; c < 3; ++c) {
      const double apart = std::abs(std::remainder(turn - c / 3.0, 1.0));
      const double expected = 255 * std::clamp(2 - 6 * apart, 0.0, 1.0);
      REQUIRE(std::abs(ops::at(out, 0, 0, c) - expected) < 0.01);
    }
  }
  CHECK(told(op, Image(1, 1, 1)) == not_applied);
}

TEST_CASE("a blur's sigma is told: that of the kernel, from its whole range") {
  const Image point = ops::make_image(
      33, 33, 1, [](int y, int x, int) { return y == 16 && x == 16 ? 255 : 0; }, PixelType::f32);
  const auto op = make("gaussian_blur", {{"method", std::string("gaussian")}, {"p", 0.5}});
  std::vector<double> sigmas;
  for (std::uint32_t i = 0; i < 400; ++i) {
    const std::string text = told(op, point, i);
    const Image out = run(op, point, i);
    if (text == not_applied) {
      REQUIRE(ops::distance(out, point) == 0);
      continue;
    }
    const double sigma = values_of(text, {"sigma"})[0];
    double sum = 0;
    for (int x = -16; x <= 16; ++x) sum += std::exp(-0.5 * x * x / (sigma * sigma));
    REQUIRE(std::abs(ops::at(out, 16, 16, 0) - 255 / sum / sum) < 0.05);
    sigmas.push_back(sigma);
  }
  CHECK(std::abs(static_cast<int>(sigmas.size()) - 200) < 5 * std::sqrt(400 * 0.25));
  const auto [low, high] = std::minmax_element(sigmas.begin(), sigmas.end());
  CHECK((*low >= 0.1 && *low < 0.2));
  CHECK((*high > 1.9 && *high <= 2));
  // Pillow's method draws the same.
  const auto pillow = make("gaussian_blur", {{"p", 0.5}});
  for (std::uint32_t i = 0; i < 20; ++i) CHECK(told(pillow, point, i) == told(op, point, i));
}

TEST_CASE("the rectangle that is told is the one that is erased") {
  const Image white = ops::make_image(30, 40, 1, [](int, int, int) { return 255; });
  for (const bool noisy : {false, true}) {
    ops::Values values = {{"p", 0.5}, {"value", 0.0}};
    if (noisy) values["value"] = std::string("random");
    const auto op = make("random_erasing", values);
    int done = 0;
    for (std::uint32_t i = 0; i < 300; ++i) {
      const std::string text = told(op, white, i);
      const bool skip = text == not_applied;
      const Box box = skip ? Box{} : box_of(text, "40x30");
      const Image out = run(op, white, i);
      for (int y = 0; y < 30; ++y) {
        for (int x = 0; x < 40; ++x) {
          const bool inside =
              y >= box.top && y < box.top + box.height && x >= box.left && x < box.left + box.width;
          if (!inside) REQUIRE(ops::at(out, y, x, 0) == 255);
          if (inside && !noisy) REQUIRE(ops::at(out, y, x, 0) == 0);
        }
      }
      done += !skip;
    }
    CHECK(std::abs(done - 150) < 5 * std::sqrt(300 * 0.25));
  }
}

TEST_CASE("the noise has the standard deviation that is told") {
  const Image grey = ops::make_image(
      64, 64, 3, [](int, int, int) { return 128; }, PixelType::f32);
  const auto op = make("noise", {{"max", 0.1}, {"p", 0.8}});
  int skipped = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const std::string text = told(op, grey, i);
    const bool skip = text == not_applied;
    const double deviation = skip ? 0 : 255 * values_of(text, {"standard deviation"})[0];
    double square = 0;
    for (double value : ops::values(run(op, grey, i))) square += (value - 128) * (value - 128);
    const double n = 64 * 64 * 3;
    REQUIRE(std::abs(std::sqrt(square / n) - deviation) <=
            5.5 * deviation / std::sqrt(2 * n) + 1e-4);
    skipped += skip;
  }
  CHECK(std::abs(skipped - 20) < 5 * std::sqrt(100 * 0.8 * 0.2));
}
