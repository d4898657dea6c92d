#include "catch.hpp"
#include "files.hpp"

using namespace tandem;
using files::has;
using files::message;

namespace {

constexpr std::uint32_t images = 0x803, labels = 0x801;

/// Three pictures of 2 × 4: pixel values 0 … 23.
std::string three_pictures() {
  files::Pixels values(24);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint8_t>(i);
  return files::idx(images, {3, 2, 4}, values);
}

std::string three_labels() {
  return files::idx(labels, {3}, {7, 0, 2});
}

void check_three(const data::Source& source, bool labelled) {
  REQUIRE(source.size() == 3);
  Image image;
  source.read(2, image);
  CHECK((image.height() == 2 && image.width() == 4 && image.channels() == 1));
  for (int i = 0; i < 8; ++i) CHECK(image.u8()[i] == 16 + i);
  CHECK(source.label(0) == (labelled ? 7 : -1));
  CHECK(source.label(2) == (labelled ? 2 : -1));
}

}  // namespace

TEST_CASE("IDX files are read plain and packed, by file and by folder") {
  for (const bool packed : {false, true}) {
    TemporaryFolder folder;
    const std::string end = packed ? ".gz" : "";
    const auto put = [&](const std::string& name, const std::string& bytes) {
      files::put(folder / (name + end), packed ? files::gzip(bytes) : bytes);
    };
    put("train-images-idx3-ubyte", three_pictures());
    check_three(*files::open(folder.path()), false);
    put("train-labels-idx1-ubyte", three_labels());
    put("t10k-images-idx3-ubyte", files::idx(images, {1, 1, 1}, {99}));
    check_three(*files::open(folder.path()), true);
    check_three(*files::open(folder / ("train-images-idx3-ubyte" + end)), true);
    const auto test = files::open(folder / ("t10k-images-idx3-ubyte" + end));
    CHECK(test->size() == 1);
    CHECK(test->label(0) == -1);
    CHECK(test->name(0) == "t10k-images-idx3-ubyte" + end + "[0]");
  }
}

TEST_CASE("three channels are asked for and given") {
  TemporaryFolder folder;
  files::put(folder / "images.idx", three_pictures());
  Image image;
  files::open(folder / "images.idx", 3)->read(1, image);
  REQUIRE(image.channels() == 3);
  for (int i = 0; i < 24; ++i) CHECK(image.u8()[i] == 8 + i / 3);
}

TEST_CASE("labels are found whether they are packed or not") {
  TemporaryFolder folder;
  files::put(folder / "train-images-idx3-ubyte.gz", files::gzip(three_pictures()));
  files::put(folder / "train-labels-idx1-ubyte", three_labels());
  check_three(*files::open(folder.path()), true);
}

TEST_CASE("a broken IDX file is refused by name, with the bytes expected and found") {
  TemporaryFolder folder;
  const auto path = folder / "images-idx3-ubyte";
  const auto said = [&](const std::string& bytes) {
    files::put(path, bytes);
    return message([&] { files::open(path); });
  };
  const std::string good = three_pictures();
  for (const bool packed : {false, true}) {
    const auto wrap = [&](const std::string& bytes) { return packed ? files::gzip(bytes) : bytes; };
    const std::string cut = said(wrap(good.substr(0, good.size() - 5)));
    CHECK(has(cut, path.string()));
    CHECK(has(cut, packed ? "expected 24 bytes" : "24"));
    CHECK(has(cut, packed ? "found 19" : "19"));
    CHECK(has(said(wrap(good + "x")), "goes on after its end"));
    CHECK(has(said(wrap(good.substr(0, 9))), "expected a header of 16 bytes, found 9"));
    CHECK(has(said(wrap(three_labels() + std::string(8, '\0'))), "0x801 instead of 0x803"));
    CHECK(has(said(wrap("")), "found 0"));
    CHECK(has(said(wrap(files::idx(images, {0xffffffff, 0xffffffff, 0xffffffff}, {1, 2}))),
              "expected"));
    CHECK(has(said(wrap(files::idx(images, {0, 28, 28}, {}))), "0"));
  }
}

TEST_CASE("a damaged gzip stream is refused") {
  TemporaryFolder folder;
  const auto path = folder / "images-idx3-ubyte.gz";
  const std::string good = files::gzip(three_pictures());
  files::put(path, good.substr(0, good.size() - 12));
  CHECK(has(message([&] { files::open(path); }), path.string()));
  std::string flipped = good;
  flipped[good.size() - 6] = static_cast<char>(~flipped[good.size() - 6]);  // in the checksum
  files::put(path, flipped);
  const std::string damaged = message([&] { files::open(path); });
  CHECK(has(damaged, path.string() + ": cannot be unpacked, it is damaged: incorrect data check"));
}

TEST_CASE("labels that do not fit the images are refused") {
  TemporaryFolder folder;
  files::put(folder / "train-images-idx3-ubyte", three_pictures());
  files::put(folder / "train-labels-idx1-ubyte", files::idx(labels, {2}, {7, 0}));
  const std::string said = message([&] { files::open(folder.path()); });
  CHECK(has(said, "train-labels-idx1-ubyte"));
  CHECK(has(said, "expected 3 labels"));
  CHECK(has(said, "found 2"));
}

TEST_CASE("several files of images need a name") {
  TemporaryFolder folder;
  files::put(folder / "a-images-idx3-ubyte", three_pictures());
  check_three(*files::open(folder.path()), false);
  files::put(folder / "b-images-idx3-ubyte", three_pictures());
  CHECK(has(message([&] { files::open(folder.path()); }), "data.path"));
}

TEST_CASE("pictures beyond the limit are refused") {
  TemporaryFolder folder;
  data::SourceOptions options;
  options.path = folder / "images-idx3-ubyte";
  options.max_pixels = 7;
  files::put(options.path, three_pictures());
  CHECK(has(message([&] { data::open_source(options); }), "4x2"));
}

TEST_CASE("Debian's Fashion-MNIST is what its makers say") {
  const std::filesystem::path place = "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(place)) {
    WARN("skipped: the package dataset-fashion-mnist is not installed");
    return;
  }
  const auto train = files::open(place);
  REQUIRE(train->size() == 60000);
  std::vector<std::int64_t> first, per_class(10);
  for (std::int64_t i = 0; i < 10; ++i) first.push_back(train->label(i));
  for (std::int64_t i = 0; i < train->size(); ++i) {
    ++per_class[static_cast<std::size_t>(train->label(i))];
  }
  CHECK(first == std::vector<std::int64_t>{9, 0, 0, 3, 0, 2, 7, 2, 5, 5});
  CHECK(per_class == std::vector<std::int64_t>(10, 6000));
  const auto test = files::open(place / "t10k-images-idx3-ubyte.gz");
  CHECK(test->size() == 10000);
  CHECK(test->label(0) == 9);
}
