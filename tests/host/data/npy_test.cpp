// .npy files as NumPy wrote them: tests/golden/arrays.py.
#include "formats/npy.hpp"
#include "catch.hpp"
#include "files.hpp"

using namespace tandem;
using files::has;
using files::message;

namespace {

const std::filesystem::path arrays = std::filesystem::path(TANDEM_TEST_DIR) / "golden/arrays";

/// Values number `first` and on of the generator's formula.
std::vector<int> counting(int first, int count) {
  std::vector<int> values;
  for (int i = first; i < first + count; ++i) values.push_back(i * 7 % 251);
  return values;
}

std::vector<int> pixels(const data::Source& source, std::int64_t index) {
  Image image;
  source.read(index, image);
  return {image.u8(), image.u8() + image.values()};
}

std::string refused(const std::string& name) {
  return message([&] { files::open(arrays / name); });
}

}  // namespace

TEST_CASE("an .npy file of bytes is a data set, with or without channels") {
  const auto grey = files::open(arrays / "grey.npy");
  REQUIRE(grey->size() == 4);
  CHECK(grey->name(2) == "grey.npy[2]");
  CHECK(pixels(*grey, 2) == counting(30, 15));
  Image image;
  grey->read(3, image);
  CHECK((image.height() == 3 && image.width() == 5 && image.channels() == 1));

  const auto colour = files::open(arrays / "colour.npy");
  REQUIRE(colour->size() == 3);
  CHECK(pixels(*colour, 1) == counting(30, 30));
  colour->read(1, image);
  CHECK((image.height() == 2 && image.width() == 5 && image.channels() == 3));

  TemporaryFolder alone;  // without the other files' labels
  for (const char* name : {"version2.npy", "seven.npy"}) {
    files::put(alone / name, read_file(arrays / name));
  }
  CHECK(pixels(*files::open(alone / "version2.npy"), 1) == counting(9, 9));
  CHECK(files::open(alone / "version2.npy")->label(0) == -1);
  CHECK(pixels(*files::open(alone / "seven.npy"), 1) == counting(28, 28));
  CHECK(pixels(*files::open(alone / "seven.npy", 7), 1) == counting(28, 28));
  CHECK(has(message([&] { files::open(alone / "seven.npy", 3); }, ErrorKind::config),
            "data.channels is 3, but the data have 7"));
}

TEST_CASE("labels lie in NAME_labels.npy, else in labels.npy, as whole numbers of any size") {
  const auto grey = files::open(arrays / "grey.npy");
  CHECK(grey->label(0) == 3);
  CHECK(grey->label(2) == -1);
  CHECK(grey->label(3) == 7);
  const auto colour = files::open(arrays / "colour.npy");
  CHECK(colour->label(0) == 5);
  CHECK(colour->label(1) == std::int64_t{1} << 40);
}

TEST_CASE("an .npy file that cannot be used is told with the remedy") {
  CHECK(
      has(refused("version2.npy"), "labels.npy: expected 2 labels, one for each picture, found 3"));
  CHECK(has(refused("fortran.npy"), "ascontiguousarray"));
  CHECK(has(refused("first.npy"), "2 x 3 x 8 x 8: channels must come last"));
  CHECK(has(refused("half.npy"), "values of type <f2"));
  CHECK(has(refused("records.npy"), "records of several fields"));
  CHECK(has(refused("labels.npy"), "<u8"));

  TemporaryFolder folder;
  const std::string whole = read_file(arrays / "colour.npy");
  const auto open = [&](const std::string& bytes) {
    files::put(folder / "a.npy", bytes);
    return message([&] { files::open(folder / "a.npy"); });
  };
  CHECK(open(whole).empty());
  CHECK(has(open(whole + "x"), "goes on after its end"));
  for (std::size_t size = 0; size < whole.size(); ++size)
    REQUIRE(!open(whole.substr(0, size)).empty());
  std::string damaged = whole;
  damaged[6] = 9;
  CHECK(has(open(damaged), "version 9"));
  data::SourceOptions options;
  options.path = arrays / "colour.npy";
  options.max_pixels = 9;
  CHECK(has(message([&] { data::open_source(options); }), "5x2"));
}

TEST_CASE("an .npy file of floats is a set of series, each a picture of one row") {
  const auto source = files::open(arrays / "series.npy");
  REQUIRE(source->size() == 3);
  CHECK(source->label(0) == 5);
  Image image;
  source->read(1, image);
  REQUIRE((image.height() == 1 && image.width() == 4 && image.channels() == 2));
  REQUIRE(image.type() == PixelType::f32);
  for (std::size_t i = 0; i < 8; ++i) CHECK(image.f32()[i] == (8 + static_cast<float>(i)) / 8 - 1);
  CHECK(data::fingerprint(*source).size() == 16);

  const auto doubles = files::open(arrays / "series64.npy");
  doubles->read(2, image);
  REQUIRE((image.width() == 4 && image.channels() == 1));
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(image.f32()[i] == (16 + 2 * static_cast<float>(i)) / 8 - 1);
  }
  CHECK(has(message([&] { files::open(arrays / "series.npy", 3); }, ErrorKind::config),
            "the series have 2"));
  const auto with_nan = files::open(arrays / "with_nan.npy");
  with_nan->read(0, image);
  CHECK(
      has(message([&] { with_nan->read(1, image); }), "record 1 holds a value that is not finite"));
}

TEST_CASE("an .npy header's numbers cannot overflow") {
  const auto parse = [](const std::string& dictionary) {
    std::string bytes = "\x93NUMPY";
    bytes += {1, 0, static_cast<char>(dictionary.size()), 0};
    bytes += dictionary;
    formats::parse_npy_header({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  };
  const auto shaped = [&](const std::string& shape) {
    return message(
        [&] { parse("{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }"); });
  };
  CHECK(shaped("(3, 2)").empty());
  CHECK(shaped("()").empty());
  CHECK(has(shaped("(4294967296, 4294967296)"), "too large"));
  CHECK(has(shaped("(99999999999999999999,)"), "shape is none"));
  CHECK(has(shaped("(-1, 2)"), "shape is none"));
  CHECK(has(message([&] { parse("{'descr': '|u1'}"); }), "lacks descr, fortran_order or shape"));
  CHECK(has(message([&] { parse("{'a': __import__('os')}"); }), "unknown key"));
}
