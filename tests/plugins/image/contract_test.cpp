#include "all_ops.hpp"
#include "catch.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <thread>

using namespace tandem;

TEST_CASE("the plugin provides these operations with these parameters") {
  const std::vector<std::pair<std::string, std::set<std::string>>> expected = {
      {"center_crop", {"size"}},
      {"color_jitter", {"brightness", "contrast", "saturation", "hue", "dialect", "p"}},
      {"gaussian_blur", {"sigma", "method", "p"}},
      {"grayscale", {"p"}},
      {"horizontal_flip", {"p"}},
      {"noise", {"max", "p"}},
      {"random_erasing", {"p", "scale", "ratio", "value"}},
      {"random_resized_crop", {"size", "scale", "ratio", "interpolation", "dialect"}},
      {"random_shift", {"max"}},
      {"resize", {"size", "interpolation"}},
      {"solarize", {"threshold", "p"}},
  };
  std::vector<std::string> ids;
  for (const auto& [id, names] : expected) {
    ids.push_back(id);
    std::set<std::string> found;
    for (const Param& param : ops::schema(id).params) found.insert(param.name);
    CHECK(found == names);
  }
  CHECK(ops::ids() == ids);
}

TEST_CASE("a value out of range is refused, a range must not be upside down") {
  CHECK_THROWS_AS(ops::make("horizontal_flip", {{"p", 1.5}}), std::invalid_argument);
  CHECK_THROWS_AS(ops::make("random_resized_crop", {{"size", std::int64_t{0}}}),
                  std::invalid_argument);
  CHECK_THROWS_AS(ops::make("random_resized_crop", {{"scale", Numbers{0.5}}}),
                  std::invalid_argument);
  CHECK_THROWS_AS(ops::make("color_jitter", {{"hue", 0.6}}), std::invalid_argument);
  CHECK_THROWS_AS(ops::make("gaussian_blur", {{"sigma", Numbers{0, 1}}}), std::invalid_argument);
  for (const char* id : {"random_resized_crop", "random_erasing"}) {
    try {
      ops::make(id, {{"scale", Numbers{0.9, 0.1}}});
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::config);
      CHECK(std::string(error.what()).find("scale") != std::string::npos);
    }
  }
}

TEST_CASE("every operation takes every size, number of channels and type") {
  for (const auto& [name, op] : ops::all(8)) {
    for (PixelType type : {PixelType::u8, PixelType::f32}) {
      for (int channels : {1, 2, 3, 4, 5}) {
        for (auto [height, width] : {std::pair{1, 1}, {1, 40}, {40, 1}, {2, 3}, {24, 17}}) {
          const Image before = ops::random_image(height, width, channels, type);
          for (std::uint32_t sample = 0; sample < 5; ++sample) {
            const Image after = ops::run(op, before, sample);
            INFO(name << " on " << height << "x" << width << "x" << channels);
            REQUIRE(after.type() == (name == ops::makes_floats ? PixelType::f32 : type));
            REQUIRE(after.channels() == channels);
            REQUIRE((after.height() >= 1 && after.width() >= 1));
            const auto values = ops::values(after);
            // Floats keep the cubic's overshoot, as torchvision's tensors do.
            REQUIRE(*std::min_element(values.begin(), values.end()) >= -80);
            REQUIRE(*std::max_element(values.begin(), values.end()) <= 335);
          }
        }
      }
    }
  }
}

TEST_CASE("every operation tells what it draws: one line, the same whenever it is asked") {
  for (const std::string& id : ops::ids()) {
    INFO(id);
    CHECK_NOTHROW(ops::told(ops::make(id), ops::random_image(24, 17, 3)));
  }
  for (const auto& [name, op] : ops::all(8)) {
    for (PixelType type : {PixelType::u8, PixelType::f32}) {
      for (auto [height, width] : {std::pair{1, 1}, {1, 40}, {40, 1}, {24, 17}}) {
        for (int channels : {1, 3, 5}) {
          const Image image = ops::random_image(height, width, channels, type);
          const std::string text = ops::told(op, image, 3);
          ops::run(op, image, 3);
          INFO(name << " tells " << text);
          REQUIRE_FALSE(text.empty());
          REQUIRE(
              std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 127; }));
          REQUIRE(ops::told(op, image, 3) == text);
        }
      }
    }
  }
}

TEST_CASE("eight threads on one object give what one gives") {
  const Image before = ops::random_image(24, 20, 3);
  for (const auto& [name, op] : ops::all(8)) {
    std::vector<Image> expected;
    for (std::uint32_t sample = 0; sample < 32; ++sample) {
      expected.push_back(ops::run(op, before, sample));
    }
    std::vector<int> wrong(8, 0);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < wrong.size(); ++t) {
      threads.emplace_back([&, t, op = op] {
        for (std::uint32_t sample = 0; sample < 32; ++sample) {
          wrong[t] += ops::distance(ops::run(op, before, sample), expected[sample]) != 0;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    INFO(name);
    CHECK(wrong == std::vector<int>(8, 0));
  }
}
