#include "catch.hpp"
#include "data/png.hpp"
#include "files.hpp"

#include <chrono>
#include <cstdlib>

using namespace tandem;
using files::has;
using files::message;

namespace {

std::vector<std::string> names(const data::Source& source) {
  std::vector<std::string> all;
  for (std::int64_t i = 0; i < source.size(); ++i) all.push_back(source.name(i));
  return all;
}

std::vector<std::int64_t> labels(const data::Source& source) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < source.size(); ++i) all.push_back(source.label(i));
  return all;
}

std::vector<int> pixels(const data::Source& source, std::int64_t index = 0) {
  Image image;
  source.read(index, image);
  return {image.u8(), image.u8() + image.values()};
}

const std::string dot = files::ppm(1, 1, {10, 200, 30});

}  // namespace

TEST_CASE("a folder's pictures are found at any depth, in any case, in sorted order") {
  TemporaryFolder folder;
  for (const char* path : {"b/2.PPM", "b/10.ppm", "a/deep/er/x.Jpg", "a/z.jpeg", "c/q.TIFF",
                           "c/q.tif", "c/q.webp", "c/q.bmp", "c/q.png", "c/q.pgm"}) {
    files::put(folder / path, dot);
  }
  for (const char* path : {"b/notes.txt", "b/ppm", ".hidden.jpg", ".git/x.png", "a/._z.jpeg"}) {
    files::put(folder / path, "x");
  }
  const auto source = files::open(folder.path());
  CHECK(names(*source) == std::vector<std::string>{"a/deep/er/x.Jpg", "a/z.jpeg", "b/10.ppm",
                                                   "b/2.PPM", "c/q.TIFF", "c/q.bmp", "c/q.pgm",
                                                   "c/q.png", "c/q.tif", "c/q.webp"});
  CHECK(labels(*source) == std::vector<std::int64_t>{0, 0, 1, 1, 2, 2, 2, 2, 2, 2});
}

TEST_CASE("labels need two first-level folders that hold every picture") {
  TemporaryFolder folder;
  files::put(folder / "only/1.ppm", dot);
  files::put(folder / "only/sub/2.ppm", dot);
  CHECK(labels(*files::open(folder.path())) == std::vector<std::int64_t>{-1, -1});
  files::put(folder / "other/3.ppm", dot);
  CHECK(labels(*files::open(folder.path())) == std::vector<std::int64_t>{0, 0, 1});
  files::put(folder / "0.ppm", dot);
  CHECK(labels(*files::open(folder.path())) == std::vector<std::int64_t>{-1, -1, -1, -1});
}

TEST_CASE("linked folders are followed, but not round in circles") {
  namespace fs = std::filesystem;
  TemporaryFolder folder;
  files::put(folder / "set/a/1.ppm", dot);
  files::put(folder / "elsewhere/2.ppm", dot);
  fs::create_directory_symlink(folder / "elsewhere", folder / "set/b");
  fs::create_directory_symlink(folder / "set", folder / "elsewhere/back");
  fs::create_directory_symlink("nowhere", folder / "set/broken");
  CHECK(names(*files::open(folder / "set")) == std::vector<std::string>{"a/1.ppm", "b/2.ppm"});
}

TEST_CASE("every format gives red, green, blue in this order") {
  const files::Pixels rgb = {250, 120, 10, 0, 255, 3, 1, 2, 3, 77, 88, 99, 5, 6, 7, 200, 100, 50};
  const std::vector<int> expected(rgb.begin(), rgb.end());
  TemporaryFolder folder;
  files::put(folder / "1.ppm", files::ppm(3, 2, rgb));
  files::put(folder / "2.bmp", files::bmp(3, 2, rgb));
  Image image(2, 3, 3);
  std::copy(rgb.begin(), rgb.end(), image.u8());
  data::write_png(folder / "3.png", image);
  const auto source = files::open(folder.path());
  for (std::int64_t i = 0; i < 3; ++i) CHECK(pixels(*source, i) == expected);
}

TEST_CASE("a JPEG's pixels are those that were encoded, but for what JPEG loses") {
  TemporaryFolder folder;
  const files::Pixels wanted = files::ramps(40, 24);
  files::put(folder / "a.jpg", files::jpeg(40, 24, wanted));
  const auto source = files::open(folder.path());
  Image image;
  source->read(0, image);
  REQUIRE((image.height() == 24 && image.width() == 40 && image.channels() == 3));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    REQUIRE(std::abs(int{image.u8()[i]} - int{wanted[i]}) <= 6);
  }
}

TEST_CASE("grey files become three equal channels, colour becomes grey by ITU-R 601") {
  TemporaryFolder folder;
  files::put(folder / "g.pgm", files::pgm(2, 1, {7, 200}));
  CHECK(pixels(*files::open(folder.path())) == std::vector<int>{7, 7, 7, 200, 200, 200});
  CHECK(pixels(*files::open(folder.path(), 1)) == std::vector<int>{7, 200});

  TemporaryFolder colours;
  files::put(colours / "c.ppm", files::ppm(1, 1, {255, 0, 0}));
  files::put(colours / "d.jpg", files::jpeg(16, 16, files::plain(16, 16, 0, 255, 0)));
  files::put(colours / "e.jpg", files::jpeg_grey(16, 16, files::Pixels(256, 90)));
  const auto grey = files::open(colours.path(), 1);
  CHECK(std::abs(pixels(*grey, 0)[0] - 76) <= 1);   // 0.299 · 255
  CHECK(std::abs(pixels(*grey, 1)[0] - 150) <= 2);  // 0.587 · 255
  CHECK(std::abs(pixels(*grey, 2)[0] - 90) <= 1);
  Image image;
  files::open(colours.path())->read(2, image);
  CHECK(image.channels() == 3);
  CHECK(image.u8()[0] == image.u8()[2]);
}

TEST_CASE("the smallest and the thinnest pictures are read") {
  TemporaryFolder folder;
  files::put(folder / "1.jpg", files::jpeg(1, 1, {9, 9, 9}));
  files::put(folder / "2.jpg", files::jpeg(5000, 1, files::plain(5000, 1, 1, 2, 3)));
  files::put(folder / "3.ppm", dot);
  const auto source = files::open(folder.path());
  CHECK(pixels(*source, 0).size() == 3);
  CHECK(pixels(*source, 1).size() == 15000);
  CHECK(pixels(*source, 2) == std::vector<int>{10, 200, 30});
}

TEST_CASE("a damaged picture is refused by name") {
  TemporaryFolder folder;
  const std::string good = files::jpeg(64, 64, files::ramps(64, 64));
  Image image(32, 32, 3);
  for (std::size_t i = 0; i < image.values(); ++i) {
    image.u8()[i] = static_cast<std::uint8_t>(i * 2654435761u >> 13);
  }
  data::write_png(folder / "whole.png", image);
  const std::string png = read_file(folder / "whole.png");
  files::put(folder / "cut.jpg", good.substr(0, good.size() / 2));
  files::put(folder / "cut_at_the_end.jpg", good.substr(0, good.size() - 2));
  files::put(folder / "cut.png", png.substr(0, png.size() / 2));
  files::put(folder / "garbage.jpg", "this is no picture");
  files::put(folder / "empty.jpg", "");
  files::put(folder / "cut.bmp", files::bmp(32, 32, files::ramps(32, 32)).substr(0, 1000));
  const auto source = files::open(folder.path());
  int refused = 0;
  for (std::int64_t i = 0; i < source->size(); ++i) {
    const std::string name = source->name(i);
    if (name == "whole.png") continue;
    const std::string said = message([&] { source->read(i, image); });
    INFO(name << ": " << said);
    CHECK(has(said, (folder / name).string()));
    ++refused;
  }
  CHECK(refused == 6);
}

TEST_CASE("wherever a file is cut off, it is refused and the next good one is read") {
  TemporaryFolder folder;
  const std::string good = files::jpeg(24, 16, files::plain(24, 16, 200, 100, 50));
  files::put(folder / "good.jpg", good);
  files::put(folder / "good.ppm", dot);
  const std::string png = [&] {
    data::write_png(folder / "good.png", Image(9, 7, 3));
    return read_file(folder / "good.png");
  }();
  const auto good_ones = files::open(folder.path());
  const auto expected = pixels(*good_ones, 0);
  const auto check_cuts = [&](const std::string& bytes, const std::string& name,
                              std::size_t spare) {
    TemporaryFolder cut;
    files::put(cut / name, bytes);
    const auto source = files::open(cut.path());
    Image image;
    for (std::size_t size = 0; size < bytes.size() - spare; size += 1 + size / 60) {
      files::put(cut / name, bytes.substr(0, size));
      INFO(name << " of " << size << " bytes");
      REQUIRE(!message([&] { source->read(0, image); }).empty());
      REQUIRE(pixels(*good_ones, 0) == expected);
      REQUIRE(pixels(*good_ones, 2) == std::vector<int>{10, 200, 30});
    }
  };
  check_cuts(good, "cut.jpg", 0);
  check_cuts(png, "cut.png", 12);  // the end's own mark, after all pixels
  check_cuts(files::bmp(9, 7, files::ramps(9, 7)), "cut.bmp", 0);
  check_cuts(files::ppm(9, 7, files::ramps(9, 7)), "cut.ppm", 0);
}

TEST_CASE("what a file is called does not matter, what it holds does") {
  TemporaryFolder folder;
  files::put(folder / "1.jpg", dot);
  files::put(folder / "2.png", files::jpeg(1, 1, {9, 9, 9}));
  files::put(folder / "3.png", "<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"></VRTDataset>");
  files::put(folder / "4.png", "P9 1 1");
  const auto source = files::open(folder.path());
  CHECK(pixels(*source, 0) == std::vector<int>{10, 200, 30});
  CHECK(pixels(*source, 1) == std::vector<int>{9, 9, 9});
  for (std::int64_t i : {2, 3}) {
    CHECK(has(message([&] { pixels(*source, i); }), "not a picture"));
  }
}

TEST_CASE("a picture beyond the limit is refused from its header, at once") {
  TemporaryFolder folder;
  files::put(folder / "bomb.png", files::png_header(30000, 30000));
  files::put(folder / "big.jpg", files::jpeg(100, 60, files::ramps(100, 60)));
  std::string bmp = files::bmp(2, 2, files::ramps(2, 2));
  bmp[21] = 0x40;  // the width's highest byte
  files::put(folder / "claims.bmp", bmp);
  data::SourceOptions options;
  options.path = folder.path();
  options.max_pixels = 5999;
  const auto source = data::open_source(options);
  const auto began = std::chrono::steady_clock::now();
  Image image;
  CHECK(has(message([&] { source->read(0, image); }), "100x60"));
  CHECK(has(message([&] { source->read(1, image); }), "30000x30000"));
  CHECK(has(message([&] { source->read(2, image); }), "data.max_pixels"));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  CHECK(took.count() < 0.5);
  options.max_pixels = 6000;
  CHECK(message([&] { data::open_source(options)->read(0, image); }).empty());
}

TEST_CASE("a folder that cannot be used is told apart") {
  TemporaryFolder folder;
  const std::string missing = message([&] { files::open(folder / "nowhere"); });
  CHECK(has(missing, "nowhere: no such"));
  CHECK(has(message([&] { files::open(folder.path()); }), "empty"));

  files::put(folder / "a.json", "x");
  files::put(folder / "sub/b.csv", "x");
  const std::string none = message([&] { files::open(folder.path()); });
  CHECK(has(none, "holds no picture"));
  CHECK(has(none, ".jpg .jpeg .png .bmp .webp .ppm .pgm .tif .tiff"));
  CHECK(has(none, "2 other files"));

  CHECK(has(message([&] { files::open(folder / "a.json"); }), "not a data set"));
  data::SourceOptions options;
  options.kind = "folder";
  options.path = folder / "a.json";
  CHECK(has(message([&] { data::open_source(options); }), "not a folder"));
  options.path.clear();
  CHECK(has(message([&] { data::open_source(options); }), "--data"));
}

TEST_CASE("a wrong kind or number of channels is a configuration error") {
  data::SourceOptions options;
  options.kind = "floder";
  const std::string kind = message([&] { data::open_source(options); }, ErrorKind::config);
  CHECK(has(kind, "floder"));
  CHECK(has(kind, "auto, idx, cifar, list, tar, npy, folder, synthetic"));
  options.kind = "synthetic";
  options.channels = 2;
  CHECK(has(message([&] { data::open_source(options); }, ErrorKind::config), "data.channels"));
}

TEST_CASE("real photographs are all readable") {
  const char* root = std::getenv("TANDEM_DATA");
  const std::filesystem::path place = root ? root : "";
  TemporaryFolder unpacked;
  std::filesystem::path photos = place / "photos224";
  if (root && !std::filesystem::exists(photos)) {
    photos = unpacked.path();
    const std::string archive = (place / "photos224.tar.gz").string();
    const std::string command =
        "tar xzf '" + archive + "' -C '" + photos.string() + "' 2>/dev/null";
    if (std::system(command.c_str()) != 0) root = nullptr;
  }
  if (!root) {
    WARN("skipped: TANDEM_DATA names no folder that holds photos224 or photos224.tar.gz");
    return;
  }
  const auto source = files::open(photos / "val");
  REQUIRE(source->size() > 100);
  CHECK(source->label(source->size() - 1) == 9);
  Image image;
  for (std::int64_t i = 0; i < source->size(); ++i) {
    INFO(source->name(i));
    REQUIRE(message([&] { source->read(i, image); }).empty());
    REQUIRE(std::min(image.height(), image.width()) >= 32);
  }
}
