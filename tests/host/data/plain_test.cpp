#include "data/plain.hpp"
#include "catch.hpp"
#include "files.hpp"
#include "loading.hpp"

#include <cmath>
#include <numeric>

using namespace tandem;
using files::message;

namespace {

Image made(int height, int width, const std::function<int(int, int)>& value) {
  Image image(height, width, 1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.u8()[y * width + x] = static_cast<std::uint8_t>(value(y, x));
    }
  }
  return image;
}

std::vector<int> fitted(Image image, int height, int width) {
  data::fit(image, height, width);
  REQUIRE((image.height() == height && image.width() == width));
  return {image.u8(), image.u8() + image.values()};
}

}  // namespace

TEST_CASE("a picture of the right size is left alone, a larger one of the right height is cut") {
  const auto number = [](int y, int x) { return 10 * y + x; };
  CHECK(fitted(made(2, 3, number), 2, 3) == std::vector<int>{0, 1, 2, 10, 11, 12});
  CHECK(fitted(made(2, 6, number), 2, 2) == std::vector<int>{2, 3, 12, 13});
  CHECK(fitted(made(5, 2, number), 2, 2) == std::vector<int>{10, 11, 20, 21});
}

TEST_CASE("a picture that halves becomes the means of its squares") {
  const Image image =
      made(4, 8, [](int y, int x) { return 16 * (x / 2) + 60 * (y / 2) + y % 2 * 2; });
  // Halved: 2 × 4, of which the middle two columns stay.
  CHECK(fitted(image, 2, 2) == std::vector<int>{17, 33, 77, 93});
}

TEST_CASE("a picture that grows is interpolated between its pixels' centres") {
  const Image image = made(2, 2, [](int, int x) { return 100 * x; });
  // Centres of the four new columns in the old picture: -0.25, 0.25, 0.75, 1.25.
  CHECK(fitted(image, 4, 4) ==
        std::vector<int>{0, 25, 75, 100, 0, 25, 75, 100, 0, 25, 75, 100, 0, 25, 75, 100});
}

TEST_CASE("pictures of any shape fit") {
  for (auto [height, width] : {std::pair{1, 1}, {1, 300}, {300, 1}, {7, 5}, {33, 34}}) {
    const Image image = made(height, width, [](int, int) { return 60; });
    for (int to : {1, 3, 32}) {
      CHECK(fitted(image, to, to + 1) ==
            std::vector<int>(static_cast<std::size_t>(to * (to + 1)), 60));
    }
  }
}

TEST_CASE("a plain batch holds the pictures asked for, normalised, with any number of threads") {
  const loading::Numbered source(30, 4, 3);
  const std::vector<std::int64_t> indices = {29, 0, 7, 7, 12};
  for (int workers : {0, 1, 3, 9}) {
    std::vector<float> out(5 * 48 + 1, 99);
    const auto bad =
        data::load_plain(source, indices, {4, 4, 3}, {{0.5f}, {0.25f}}, out.data(), workers);
    CHECK(bad.empty());
    for (std::size_t i = 0; i < 5 * 48; ++i) {
      const double expected = (static_cast<double>(indices[i / 48]) / 255 - 0.5) / 0.25;
      REQUIRE(std::abs(double{out[i]} - expected) < 1e-6);
    }
    CHECK(out.back() == 99);
  }
}

TEST_CASE("unreadable pictures of a plain batch are told, the others are there") {
  loading::Numbered source(30);
  source.broken = {4, 9};
  const std::vector<std::int64_t> indices = {9, 1, 4};
  for (int workers : {0, 2}) {
    std::vector<float> out(3 * 16, 99);
    const auto bad = data::load_plain(source, indices, {4, 4, 1}, {}, out.data(), workers);
    REQUIRE(bad.size() == 2);
    CHECK((bad[0].position == 0 && bad[1].position == 2));
    CHECK(files::has(bad[0].reason, "#9"));
    CHECK((out[0] == 0 && out[32] == 0));
    CHECK(std::abs(out[16] - 1 / 255.0f) < 1e-7f);
  }
}

TEST_CASE("a plain batch of another number of channels is refused") {
  const loading::Numbered source(3, 4, 1);
  const std::vector<std::int64_t> indices = {0, 1, 2};
  std::vector<float> out(3 * 48);
  const std::string said = message([&] {
    (void)data::load_plain(source, indices, {4, 4, 3}, {}, out.data(), 2);
  });
  CHECK(files::has(said, "#0"));
  CHECK(files::has(said, "data.channels"));
}

TEST_CASE("an empty plain batch is no work") {
  const loading::Numbered source(3);
  CHECK(data::load_plain(source, {}, {4, 4, 1}, {}, nullptr, 2).empty());
}
