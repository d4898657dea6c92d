// Against Pillow's own results: tests/golden/pillow.py.
#include "catch.hpp"
#include "golden.hpp"
#include "ops.hpp"
#include "tandem/base/log.hpp"

#include <cstring>
#include <stdexcept>
#include <utility>

using namespace tandem;

namespace {

bool same(const Image& a, const Image& b) {
  return a.height() == b.height() && a.values() == b.values() &&
         std::memcmp(a.u8(), b.u8(), a.values()) == 0;
}

/// A part of a picture, and the side of the square that it becomes.
struct Part {
  std::int64_t top, left, height, width, side;
};

std::vector<Part> parts(const Golden& golden) {
  const auto numbers = golden.numbers<std::int64_t>("crop.boxes");
  std::vector<Part> all;
  for (std::size_t i = 0; i < numbers.size(); i += 5)
    all.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4]});
  return all;
}

/// What a crop of this area and ratio makes of the picture, for a sample that draws just the part.
Image cropped(const Image& picture, const Part& part, const std::string& filter) {
  const auto h = static_cast<double>(part.height), w = static_cast<double>(part.width);
  const double area = h * w / (picture.height() * picture.width()), ratio = w / h;
  const auto op = ops::make("random_resized_crop", {{"size", part.side},
                                                    {"scale", Numbers{area, area}},
                                                    {"ratio", Numbers{ratio, ratio}},
                                                    {"interpolation", filter}});
  const std::string told =
      Log::join("top ", part.top, ", left ", part.left, ", width ", part.width, ", height ",
                part.height, " of ", picture.width(), "x", picture.height());
  for (std::uint32_t sample = 0; sample < 100000; ++sample)
    if (ops::told(op, picture, sample) == told) return ops::run(op, picture, sample);
  throw std::logic_error("no sample draws " + told);
}

}  // namespace

TEST_CASE("gaussian_blur is Pillow's, to the integer") {
  const Golden golden("pillow.safetensors");
  const auto sigmas = golden.numbers<double>("blur.sigma");
  int compared = 0;
  for (int number = 0;; ++number) {
    const std::string prefix = "blur." + std::to_string(number) + ".";
    if (!golden.has(prefix + "picture")) break;
    const Image picture = golden.picture(prefix + "picture");
    for (std::size_t i = 0; i < sigmas.size(); ++i) {
      const auto op = ops::make("gaussian_blur", {{"sigma", Numbers{sigmas[i], sigmas[i]}}});
      INFO(prefix << "sigma " << sigmas[i]);
      CHECK(same(ops::run(op, picture), golden.picture(prefix + std::to_string(i))));
      ++compared;
    }
  }
  CHECK(compared == 28);
}

TEST_CASE("a resampled picture is Pillow's, to the integer") {
  const Golden golden("pillow.safetensors");
  const std::pair<int, int> sizes[] = {{33, 20}, {33, 57}, {64, 9}, {24, 24}, {5, 40}, {50, 1}};
  for (const auto& [from, to] : sizes) {
    const std::string name = "resize." + std::to_string(from) + "." + std::to_string(to) + ".";
    for (const std::string filter : {"bilinear", "bicubic"}) {
      const auto op = ops::make("random_resized_crop", {{"size", std::int64_t{to}},
                                                        {"scale", Numbers{1, 1}},
                                                        {"ratio", Numbers{1, 1}},
                                                        {"interpolation", filter}});
      INFO(name << filter);
      CHECK(same(ops::run(op, golden.picture(name + "picture")), golden.picture(name + filter)));
    }
  }
}

TEST_CASE("a part of a picture, scaled, is Pillow's, to the integer") {
  const Golden golden("pillow.safetensors");
  int compared = 0;
  for (const std::string channels : {"3", "1"}) {
    const Image picture = golden.picture("crop." + channels + ".picture");
    for (const std::string filter : {"bilinear", "bicubic"}) {
      for (std::size_t i = 0; const Part& part : parts(golden)) {
        const std::string name = "crop." + channels + "." + filter + "." + std::to_string(i++);
        const Image expected = golden.picture(name);
        INFO(name);
        CHECK(same(cropped(picture, part, filter), expected));
        // Bytes are rounded twice, and the cubic's overshoot is cut off.
        if (filter == "bilinear")
          CHECK(ops::distance(cropped(ops::as_floats(picture), part, filter), expected) < 1.01);
        ++compared;
      }
    }
  }
  CHECK(compared == 28);
}

TEST_CASE("a picture that is scaled in proportion is Pillow's, to the integer") {
  const Golden golden("pillow.safetensors");
  for (const std::string channels : {"3", "1"}) {
    const std::string name = "scale." + channels + ".";
    for (const std::string filter : {"bilinear", "bicubic"}) {
      for (const int shorter : {9, 25}) {
        const auto op =
            ops::make("resize", {{"size", std::int64_t{shorter}}, {"interpolation", filter}});
        INFO(name << filter << " to " << shorter);
        CHECK(same(ops::run(op, golden.picture(name + "picture")),
                   golden.picture(name + filter + "." + std::to_string(shorter))));
      }
    }
  }
}

TEST_CASE("grayscale and solarize are Pillow's, to the integer") {
  const Golden golden("pillow.safetensors");
  const Image picture = golden.picture("tone.picture");
  for (const std::string id : {"grayscale", "solarize"})
    CHECK(same(ops::run(ops::make(id, {{"p", 1.0}}), picture), golden.picture("tone." + id)));
}

TEST_CASE("the box passes on floats are those on bytes but for rounding") {
  const Image bytes = ops::random_image(20, 17, 3);
  const Image floats = ops::as_floats(bytes);
  for (const double sigma : {0.3, 1.0, 2.0}) {
    const auto op = ops::make("gaussian_blur", {{"sigma", Numbers{sigma, sigma}}});
    // Six passes, each rounded by half a level at most.
    CHECK(ops::distance(ops::run(op, bytes), ops::run(op, floats)) < 3);
  }
}
