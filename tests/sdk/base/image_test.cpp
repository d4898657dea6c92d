#include "tandem/base/image.hpp"

#include "catch.hpp"
#include "tandem/base/error.hpp"

#include <cstring>
#include <utility>

using tandem::Error;
using tandem::ErrorKind;
using tandem::Image;
using tandem::PixelType;

namespace {

Image numbered(int height, int width, int channels) {
  Image image(height, width, channels);
  for (std::size_t i = 0; i < image.values(); ++i) image.u8()[i] = static_cast<std::uint8_t>(i);
  return image;
}

}  // namespace

TEST_CASE("an image starts empty, or black") {
  const Image none;
  CHECK(none.values() == 0);
  Image image(2, 3, 4, PixelType::f32);
  CHECK(image.values() == 24);
  for (std::size_t i = 0; i < 24; ++i) CHECK(image.f32()[i] == 0.0f);
}

TEST_CASE("scratch becomes the image when swapped, and the image scratch") {
  Image image = numbered(2, 2, 1);
  const std::uint8_t* front = image.u8();
  float* scratch = image.scratch_f32(1, 3, 2);
  CHECK(image.type() == PixelType::u8);
  CHECK(image.u8()[3] == 3);
  scratch[5] = 0.5f;
  image.swap();
  CHECK(image.type() == PixelType::f32);
  CHECK(image.height() == 1);
  CHECK(image.width() == 3);
  CHECK(image.channels() == 2);
  CHECK(image.f32() == scratch);
  CHECK(image.f32()[5] == 0.5f);
  CHECK(image.scratch_u8(2, 2, 1) == front);
}

TEST_CASE("a buffer that is large enough is kept") {
  Image image(8, 8, 3);
  const std::uint8_t* bytes = image.u8();
  image.reset(4, 4, 3, PixelType::f32);
  CHECK(reinterpret_cast<const std::uint8_t*>(image.f32()) == bytes);
  image.reset(16, 16, 3);
  CHECK(image.values() == 768);
  std::memset(image.u8(), 1, 768);
}

TEST_CASE("the other type of pixel is refused") {
  Image bytes(1, 1, 1), floats(1, 1, 1, PixelType::f32);
  CHECK_THROWS_AS(bytes.f32(), Error);
  CHECK_THROWS_AS(floats.u8(), Error);
  CHECK_THROWS_AS(bytes.reset(-1, 1, 1), Error);
  try {
    floats.u8();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::internal);
  }
}

TEST_CASE("a copy is independent, and a moved image can be used again") {
  Image first = numbered(2, 2, 3);
  const Image copy = first;
  first.u8()[0] = 99;
  CHECK(copy.u8()[0] == 0);
  CHECK(copy.u8()[11] == 11);

  const Image moved = std::move(first);
  CHECK(moved.u8()[0] == 99);
  first.reset(1, 2, 1);
  REQUIRE(first.u8() != nullptr);
  first.u8()[1] = 7;
  CHECK(moved.u8()[1] == 1);
  CHECK(first.u8()[1] == 7);
}
