// The dialects "deepmind" and "opencv-fast" against a float64 formula: tests/golden/dialects.py.
#include "catch.hpp"
#include "golden.hpp"
#include "jitters.hpp"
#include "ops.hpp"

#include <algorithm>
#include <cmath>

using namespace tandem;

namespace {

/// The largest difference, in levels of 255, between an image and expected values of 0 … 1.
double difference(const Image& image, const std::vector<float>& expected) {
  const std::vector<double> found = ops::values(image);
  REQUIRE(found.size() == expected.size());
  double largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    largest = std::max(largest, std::abs(found[i] - 255 * static_cast<double>(expected[i])));
  return largest;
}

/// Of floats, and of bytes, which are rounded once.
constexpr double exact = 1e-3, rounded = 0.5 + exact;

int compare_jitters(const std::string& dialect) {
  const Golden golden("dialects.safetensors");
  const Image picture = golden.picture("jitter.picture");
  int number = 0;
  for (;; ++number) {
    const std::string name = dialect + "." + std::to_string(number);
    if (!golden.has(name)) return number;
    const auto order = golden.numbers<double>(name + ".order");
    const auto factors = golden.numbers<double>(name + ".factors");
    std::vector<jitters::Step> steps;
    for (std::size_t i = 0; i < order.size(); ++i)
      steps.push_back({static_cast<std::size_t>(order[i]), factors[i]});
    const auto expected = golden.numbers<float>(name);
    INFO(name << ": " << jitters::text_of(steps));
    CHECK(difference(jitters::jittered(picture, steps, dialect), expected) <= rounded);
    CHECK(difference(jitters::jittered(ops::as_floats(picture), steps, dialect), expected) <=
          exact);
  }
}

}  // namespace

TEST_CASE("a jitter of the dialect deepmind is that of BYOL's code") {
  CHECK(compare_jitters("deepmind") == 14);
}

TEST_CASE("a jitter of the dialect opencv-fast is its steps without limits in between") {
  CHECK(compare_jitters("opencv-fast") == 4);
}

TEST_CASE("contrast of the dialect deepmind is about each channel's mean, of any number") {
  for (const int channels : {1, 2, 3, 4}) {
    // Of each channel, the halves lie 40 to both sides of a mean of its own.
    const Image image = ops::make_image(
        6, 8, channels, [](int, int x, int c) { return 60 + 30 * c + (x < 4 ? -40 : 40); });
    const Image out = jitters::jittered(image, {{1, 1.25}}, "deepmind");
    for (int c = 0; c < channels; ++c) {
      CHECK(ops::at(out, 2, 1, c) == std::max(0, 60 + 30 * c - 50));
      CHECK(ops::at(out, 2, 6, c) == 60 + 30 * c + 50);
    }
  }
}

TEST_CASE("a blur of the method deepmind is cut off at a twentieth of the height, black around") {
  const Golden golden("dialects.safetensors");
  int number = 0;
  for (;; ++number) {
    const std::string name = "blur." + std::to_string(number);
    if (!golden.has(name)) break;
    const double sigma = golden.numbers<double>(name + ".sigma")[0];
    const auto op = ops::make(
        "gaussian_blur", {{"sigma", Numbers{sigma, sigma}}, {"method", std::string("deepmind")}});
    const Image picture = golden.picture(name + ".picture");
    const auto expected = golden.numbers<float>(name);
    INFO(name << ", sigma " << sigma);
    CHECK(difference(ops::run(op, picture), expected) <= rounded);
    CHECK(difference(ops::run(op, ops::as_floats(picture)), expected) <= exact);
  }
  CHECK(number == 4);
}

TEST_CASE("a crop of the dialect deepmind is a cubic without antialiasing, cut off, in floats") {
  const Golden golden("dialects.safetensors");
  int number = 0;
  for (;; ++number) {
    const std::string name = "resize." + std::to_string(number);
    if (!golden.has(name)) break;
    const Image picture = golden.picture(name + ".picture");
    const auto expected = golden.numbers<float>(name);
    const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(expected.size() / 3)));
    const auto op = ops::make("random_resized_crop", {{"size", side},
                                                      {"scale", Numbers{1, 1}},
                                                      {"ratio", Numbers{1, 1}},
                                                      {"dialect", std::string("deepmind")}});
    const Image out = ops::run(op, picture);
    INFO(name << ", " << picture.height() << " to " << side);
    CHECK(out.type() == PixelType::f32);
    CHECK(difference(out, expected) <= exact);
    CHECK(difference(ops::run(op, ops::as_floats(picture)), expected) <= exact);
  }
  CHECK(number == 5);
}

TEST_CASE("the dialect deepmind tries one part and cuts its sides to the picture's") {
  const auto op = ops::make("random_resized_crop", {{"size", std::int64_t{8}},
                                                    {"scale", Numbers{1, 1}},
                                                    {"ratio", Numbers{1, 1}},
                                                    {"dialect", std::string("deepmind")}});
  // The square of this area has sides of 100, of which the picture has no more than 10 rows.
  const Image wide = ops::random_image(10, 1000, 3);
  for (std::uint32_t sample = 0; sample < 20; ++sample) {
    const std::string told = ops::told(op, wide, sample);
    INFO(told);
    CHECK(told.find("top 0, ") == 0);
    CHECK(told.find("width 100, height 10 of 1000x10") != std::string::npos);
  }
}
