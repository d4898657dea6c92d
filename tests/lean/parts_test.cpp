// What a lean build does without libraries, beside what the libraries do.
#include "catch.hpp"
#include "data/gz_reader.hpp"
#include "data/png.hpp"
#include "data/resize.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/random.hpp"
#include "temporary_folder.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

using namespace tandem;

namespace {

Image noise(int height, int width, int channels) {
  Image image(height, width, channels);
  Random random(RandomKey{.seed = 7});
  std::generate_n(image.u8(), image.values(),
                  [&] { return static_cast<std::uint8_t>(random.bits()); });
  return image;
}

cv::Mat matrix(Image& image) {
  return cv::Mat(image.height(), image.width(), CV_8UC(image.channels()), image.u8());
}

int largest_difference(const cv::Mat& a, const cv::Mat& b) {
  return static_cast<int>(std::lround(cv::norm(a, b, cv::NORM_INF)));
}

}  // namespace

TEST_CASE("a lean build's PNG holds the pixels, for libpng too") {
  // 300 × 200 × 3 takes more than one stored block of 65,535 bytes.
  for (const auto& [height, width, channels] :
       {std::tuple{300, 200, 3}, std::tuple{1, 1, 1}, std::tuple{5, 7, 4}, std::tuple{9, 300, 1}}) {
    CAPTURE(height, width, channels);
    Image image = noise(height, width, channels);
    const std::string png = data::encode_png(image);
    const cv::Mat bytes(1, static_cast<int>(png.size()), CV_8UC1, const_cast<char*>(png.data()));
    cv::Mat read = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
    REQUIRE((read.rows == height && read.cols == width && read.channels() == channels));
    if (channels == 3) cv::cvtColor(read, read, cv::COLOR_BGR2RGB);
    if (channels == 4) cv::cvtColor(read, read, cv::COLOR_BGRA2RGBA);
    CHECK(largest_difference(read, matrix(image)) == 0);
  }
  Image two(2, 2, 2);
  CHECK_THROWS_AS(data::encode_png(two), Error);
}

TEST_CASE("a lean build resizes as OpenCV does, within a level") {
  for (const auto& [height, width, new_height, new_width] :
       {std::tuple{40, 30, 13, 11}, std::tuple{32, 32, 16, 16}, std::tuple{31, 17, 30, 16},
        std::tuple{8, 8, 20, 24}, std::tuple{1, 9, 3, 27}, std::tuple{1, 1, 4, 4}}) {
    for (const auto how : {data::Enlarging::nearest, data::Enlarging::linear}) {
      CAPTURE(height, width, new_height, new_width, static_cast<int>(how));
      Image from = noise(height, width, 3), to(new_height, new_width, 3);
      data::resize(from, to, how);
      const bool shrinks = new_height < height;
      const bool nearest = how == data::Enlarging::nearest;
      cv::Mat expected;
      cv::resize(matrix(from), expected, {new_width, new_height}, 0, 0,
                 shrinks   ? cv::INTER_AREA
                 : nearest ? cv::INTER_NEAREST
                           : cv::INTER_LINEAR);
      CHECK(largest_difference(expected, matrix(to)) <= (shrinks || !nearest ? 1 : 0));
    }
  }
}

TEST_CASE("a lean build resizes floats as OpenCV does") {
  Image from(20, 15, 2, PixelType::f32), to(7, 6, 2, PixelType::f32);
  Random random(RandomKey{.seed = 3});
  std::generate_n(from.f32(), from.values(), [&] { return static_cast<float>(random.normal()); });
  data::resize(from, to, data::Enlarging::linear);
  cv::Mat expected;
  cv::resize(cv::Mat(20, 15, CV_32FC2, from.f32()), expected, {6, 7}, 0, 0, cv::INTER_AREA);
  CHECK(cv::norm(expected, cv::Mat(7, 6, CV_32FC2, to.f32()), cv::NORM_INF) < 1e-6);
}

TEST_CASE("a lean build reads files as they are, and refuses packed ones") {
  const TemporaryFolder folder;
  write_file(folder / "plain", "0123456789");
  data::GzReader reader(folder / "plain");
  std::string text(16, '.');
  auto* to = reinterpret_cast<std::uint8_t*>(text.data());
  CHECK(reader.read(to, 4) == 4);
  CHECK(reader.read(to + 4, 12) == 6);
  CHECK(text.substr(0, 10) == "0123456789");
  CHECK((reader.plain() && reader.size() == 10));

  write_file(folder / "packed.gz", std::string("\x1f\x8b\x08\x00", 4));
  CHECK_THROWS_WITH(data::GzReader(folder / "packed.gz"),
                    Catch::Contains("packed.gz") && Catch::Contains("gunzip"));
}
