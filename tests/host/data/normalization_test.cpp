#include "data/normalization.hpp"
#include "catch.hpp"
#include "files.hpp"
#include "tandem/base/random.hpp"

#include <cmath>

using namespace tandem;
using files::has;
using files::message;

namespace {

Image random_image(int height, int width, int channels, PixelType type) {
  Random random({.seed = 1});
  Image image(height, width, channels, type);
  for (std::size_t i = 0; i < image.values(); ++i) {
    const auto value = random.integer(0, 255);
    if (type == PixelType::u8) image.u8()[i] = static_cast<std::uint8_t>(value);
    if (type == PixelType::f32) image.f32()[i] = static_cast<float>(value) / 255;
  }
  return image;
}

}  // namespace

TEST_CASE("a normalised value is (pixel / 255 - mean) / std, for any type and number of channels") {
  for (PixelType type : {PixelType::u8, PixelType::f32}) {
    for (int channels : {1, 2, 3, 4, 5, 7}) {
      for (auto [height, width] : {std::pair{1, 1}, {1, 17}, {5, 16}, {23, 11}}) {
        data::Normalization values;
        for (int c = 0; c < channels; ++c) {
          values.mean.push_back(0.1f + 0.1f * static_cast<float>(c));
          values.std.push_back(0.2f + 0.05f * static_cast<float>(c));
        }
        const Image image = random_image(height, width, channels, type);
        std::vector<float> out(image.values() + 1, 12345);
        data::Normalizer(values, channels).write(image, out.data());
        double largest = 0;
        for (std::size_t i = 0; i < image.values(); ++i) {
          const std::size_t c = i % static_cast<std::size_t>(channels);
          const double pixel =
              type == PixelType::u8 ? image.u8()[i] / 255.0 : double{image.f32()[i]};
          const double expected = (pixel - double{values.mean[c]}) / double{values.std[c]};
          largest = std::max(largest, std::abs(expected - double{out[i]}));
        }
        CHECK(largest < 2e-6);
        CHECK(out.back() == 12345);
      }
    }
  }
}

TEST_CASE("without entries pixels become 0 to 1, one entry is for all channels") {
  Image image(1, 1, 3);
  image.u8()[0] = 255, image.u8()[1] = 0, image.u8()[2] = 51;
  float out[3];
  data::Normalizer({}, 3).write(image, out);
  CHECK((out[0] == 1.0f && out[1] == 0.0f));
  CHECK(std::abs(out[2] - 0.2f) < 1e-7f);
  data::Normalizer({{0.5f}, {0.25f}}, 3).write(image, out);
  CHECK((out[0] == 2.0f && out[1] == -2.0f));
}

TEST_CASE("a normalisation that does not fit is refused") {
  const auto said = [](const data::Normalization& values) {
    return message([&] { data::Normalizer(values, 3); }, ErrorKind::config);
  };
  CHECK(has(said({{0.1f, 0.2f}, {}}), "data.mean"));
  CHECK(has(said({{}, {1, 1, 1, 1}}), "data.std"));
  CHECK(has(said({{}, {1, 0, 1}}), "above 0"));
  CHECK(has(said({{}, {NAN}}), "above 0"));
}

TEST_CASE("mean and std are those of the pixels") {
  TemporaryFolder folder;
  // Red is 0 or 200 in equal shares, green 10 everywhere, blue 0, 100, 100, 200.
  files::put(folder / "1.ppm", files::ppm(2, 1, {0, 10, 0, 200, 10, 100}));
  files::put(folder / "2.ppm", files::ppm(1, 2, {0, 10, 100, 200, 10, 200}));
  files::put(folder / "3.ppm", "damaged");
  const auto found = data::measure(*files::open(folder.path()));
  REQUIRE(found.mean.size() == 3);
  CHECK(std::abs(double{found.mean[0]} - 100 / 255.0) < 1e-7);
  CHECK(std::abs(double{found.std[0]} - 100 / 255.0) < 1e-7);
  CHECK(std::abs(double{found.mean[1]} - 10 / 255.0) < 1e-7);
  CHECK(std::abs(double{found.std[1]} - 1 / 255.0) < 1e-7);
  CHECK(std::abs(double{found.std[2]} - std::sqrt(5000.0) / 255) < 1e-7);
}

TEST_CASE("few pictures stand for many") {
  data::SourceOptions options;
  options.kind = "synthetic";
  options.synthetic = {.count = 500, .size = 16, .classes = 5, .seed = 0};
  const auto source = data::open_source(options);
  const auto some = data::measure(*source, 100), all = data::measure(*source, 500);
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(some.mean[c] != all.mean[c]);
    CHECK(std::abs(some.mean[c] - all.mean[c]) < 0.05f);
  }
}

TEST_CASE("nothing readable cannot be measured") {
  TemporaryFolder folder;
  files::put(folder / "1.ppm", "damaged");
  CHECK(has(message([&] { data::measure(*files::open(folder.path())); }), "none of the 1"));
}
