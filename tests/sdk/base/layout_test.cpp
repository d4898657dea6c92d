// What crosses between host and plugin, without LibTorch: sizes, offsets, order of virtuals.
#include "../layout.hpp"

#include "catch.hpp"
#include "tandem/base/augmentation.hpp"
#include "tandem/base/describes_draw.hpp"
#include "tandem/base/log.hpp"

#include <array>
#include <cstring>

using namespace tandem;
using test::slot;

SIZE(StampItem, 48);
SIZE(Stamp, 1596);
AT(Stamp, size, 16);
AT(Stamp, checksum, 20);
AT(Stamp, major, 24);
AT(Stamp, minor, 26);
AT(Stamp, revision, 28);
AT(Stamp, cxx11_abi, 34);
AT(Stamp, glibcxx_debug, 35);
AT(Stamp, libtorch, 36);
AT(Stamp, stdlib, 48);
AT(Stamp, arch, 64);
AT(Stamp, sanitizers, 80);
AT(Stamp, compiler, 112);
AT(Stamp, id, 144);
AT(Stamp, version, 192);
AT(Stamp, license, 216);
AT(Stamp, author, 248);
AT(Stamp, doc, 312);
AT(Stamp, count, 440);
AT(Stamp, items, 444);

SIZE(ParamValue, 40);
SIZE(Param, 320);
AT(Param, name, 0);
AT(Param, aliases, 32);
AT(Param, type, 56);
AT(Param, fallback, 64);
AT(Param, unit, 104);
AT(Param, doc, 136);
AT(Param, low, 168);
AT(Param, high, 176);
AT(Param, low_open, 184);
AT(Param, high_open, 185);
AT(Param, min_count, 192);
AT(Param, max_count, 200);
AT(Param, choices, 208);
AT(Param, words, 232);
AT(Param, set, 256);
AT(Param, get, 288);
SIZE(Schema, 24);

// Their members are private, and an operation's inline functions read them all the same: where each
// lies is tested below.
SIZE(Image, 64);
SIZE(Random, 44);
SIZE(RandomKey, 24);
AT(RandomKey, seed, 0);
AT(RandomKey, epoch, 8);
AT(RandomKey, sample, 12);
AT(RandomKey, view, 16);
AT(RandomKey, op, 18);

SIZE(DescribesDraw, 8);
SIZE(Error, 24);
HOLDS(static_cast<int>(ErrorKind::internal) == 1 && static_cast<int>(ErrorKind::resource) == 8);
HOLDS(static_cast<int>(Role::objective) == 0 && static_cast<int>(Role::augmentation) == 2);
HOLDS(static_cast<int>(ParamType::strings) == 6 && static_cast<int>(LogLevel::error) == 3);

#if defined(__x86_64__) && defined(__GLIBCXX__)
namespace {
template <class T>
T at(const void* object, std::size_t offset) {
  T value;
  std::memcpy(&value, static_cast<const char*>(object) + offset, sizeof value);
  return value;
}
}  // namespace

TEST_CASE("an image is two buffers: pixels, capacity, height, width, channels, type") {
  Image image(3, 5, 2, PixelType::f32);
  const auto* scratch = image.scratch_u8(7, 11, 1);
  CHECK(at<const float*>(&image, 0) == image.f32());
  CHECK(at<std::size_t>(&image, 8) == 3 * 5 * 2 * sizeof(float));
  CHECK(at<std::array<int, 3>>(&image, 16) == std::array{3, 5, 2});
  CHECK(at<PixelType>(&image, 28) == PixelType::f32);
  CHECK(at<const std::uint8_t*>(&image, 32) == scratch);
  CHECK(at<std::size_t>(&image, 40) == 7 * 11);
  CHECK(at<std::array<int, 3>>(&image, 48) == std::array{7, 11, 1});
  CHECK(at<PixelType>(&image, 60) == PixelType::u8);
}

TEST_CASE("random numbers are the key, the counter, its block, and how much of that is used") {
  Random random({.seed = 0x0102030405060708, .epoch = 9, .sample = 10, .view = 11, .op = 12});
  using Words = std::array<std::uint32_t, 4>;
  const auto key = at<std::array<std::uint32_t, 2>>(&random, 0);
  CHECK(key == std::array<std::uint32_t, 2>{0x05060708, 0x01020304});
  CHECK(at<Words>(&random, 8) == Words{0, 9, 10, 11 << 16 | 12});
  CHECK(at<int>(&random, 40) == 4);
  random.bits();
  CHECK(at<Words>(&random, 8) == Words{1, 9, 10, 11 << 16 | 12});
  CHECK(at<Words>(&random, 24) == philox4x32({0, 9, 10, 11 << 16 | 12}, key));
  CHECK(at<int>(&random, 40) == 1);
}
#endif

TEST_CASE("virtuals of tandem::base keep their order") {
  CHECK(slot(&Log::write) == 2);
  CHECK(slot(&Registrar::add) == 2);
  CHECK(slot(&Factory::schema) == 2);
  CHECK(slot(&AugmentationFactory::create) == 3);
  CHECK(slot(&Augmentation::apply) == 2);
  CHECK(slot(&DescribesDraw::describe_draw) == 2);
}
