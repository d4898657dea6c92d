// Against Pillow's own results: tests/golden/pillow.py.
#include "catch.hpp"
#include "golden.hpp"
#include "ops.hpp"

#include <cstring>
#include <utility>

using namespace tandem;

namespace {

bool same(const Image& a, const Image& b) {
  return a.values() == b.values() && std::memcmp(a.u8(), b.u8(), a.values()) == 0;
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

TEST_CASE("grayscale and solarize are Pillow's, to the integer") {
  const Golden golden("pillow.safetensors");
  const Image picture = golden.picture("tone.picture");
  for (const std::string id : {"grayscale", "solarize"})
    CHECK(same(ops::run(ops::make(id, {{"p", 1.0}}), picture), golden.picture("tone." + id)));
}

TEST_CASE("the box passes on floats are those on bytes but for rounding") {
  const Image bytes = ops::random_image(20, 17, 3);
  Image floats(20, 17, 3, PixelType::f32);
  for (std::size_t i = 0; i < bytes.values(); ++i)
    floats.f32()[i] = static_cast<float>(bytes.u8()[i]) / 255;
  for (const double sigma : {0.3, 1.0, 2.0}) {
    const auto op = ops::make("gaussian_blur", {{"sigma", Numbers{sigma, sigma}}});
    // Six passes, each rounded by half a level at most.
    CHECK(ops::distance(ops::run(op, bytes), ops::run(op, floats)) < 3);
  }
}
