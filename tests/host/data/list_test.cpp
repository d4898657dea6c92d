#include "catch.hpp"
#include "data/picture_list.hpp"
#include "files.hpp"

using namespace tandem;
using files::has;
using files::message;

namespace {

std::vector<std::string> paths(const std::string& text) {
  const auto list = data::read_list(text, "l.csv");
  std::vector<std::string> all;
  for (std::size_t i = 0; i < list.paths.size(); ++i) all.emplace_back(list.paths[i]);
  return all;
}

std::vector<std::int32_t> labels(const std::string& text) {
  return data::read_list(text, "l.csv").classes.labels;
}

std::string refused(const std::string& text) {
  return message([&] { data::read_list(text, "l.csv"); });
}

using Paths = std::vector<std::string>;
using Labels = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("a list names files in its own order, and what is no path is left out") {
  CHECK(paths("b.png\n\n# a remark\na b.png\r\n  c.png  ") == Paths{"b.png", "a b.png", "c.png"});
  CHECK(paths("\xef\xbb\xbf"
              "File,label\na.png,1\n") == Paths{"a.png"});
  CHECK(paths("\"a,b.png\"\n\"say \"\"x\"\".png\"\n") == Paths{"a,b.png", "say \"x\".png"});
  CHECK(labels("a.png\nb.png\n").empty());
}

TEST_CASE("classes are numbers where all are, else names in sorted order") {
  CHECK(labels("a,3\nb,0\nc,3\n") == Labels{3, 0, 3});
  CHECK(labels("a,zebra\nb,ant\nc,\"zebra\"\n") == Labels{1, 0, 1});
  CHECK(labels("a\t10\nb\tcat\n") == Labels{0, 1});
  CHECK(labels("a,-1\nb,2\n") == Labels{0, 1});
  CHECK(labels("\"a,b\",7\nc,8") == Labels{7, 8});
}

TEST_CASE("a list's faults are told with their line") {
  CHECK(has(refused("a,1\n\nb\n"), "l.csv:3: has no class"));
  CHECK(has(refused("a\nb,1\n"), "l.csv:2: has a class"));
  CHECK(has(refused(",1\n"), "l.csv:1: names no file"));
  CHECK(has(refused("a\n\"b\n"), "l.csv:2: has a quotation mark"));
  CHECK(has(refused("\"a\" b\n"), "l.csv:1: has more than"));
  CHECK(has(refused(std::string("a\n\0\n", 4)), "l.csv:2: holds a zero byte"));
  CHECK(has(refused("# nothing\npath,label\n"), "lists no picture"));
}

TEST_CASE("a list's paths start at its folder, and a missing file is one bad picture") {
  TemporaryFolder folder;
  files::put(folder / "lists/train.csv",
             "../one.ppm,cat\n" + (folder / "two.ppm").string() + ",dog\nmissing.ppm,cat\n");
  files::put(folder / "one.ppm", files::ppm(1, 1, {1, 2, 3}));
  files::put(folder / "two.ppm", files::ppm(1, 1, {4, 5, 6}));
  const auto source = files::open(folder / "lists/train.csv");
  REQUIRE(source->size() == 3);
  CHECK(source->name(0) == "../one.ppm");
  CHECK(source->label(1) == 1);
  Image image;
  source->read(0, image);
  CHECK(image.u8()[0] == 1);
  source->read(1, image);
  CHECK(image.u8()[2] == 6);
  CHECK(has(message([&] { source->read(2, image); }), "missing.ppm: No such file"));
}
