// Archives as GNU tar writes them, in each of its formats.
#include "catch.hpp"
#include "data/shards.hpp"
#include "data/tar_file.hpp"
#include "files.hpp"

#include <cstdlib>
#include <functional>

using namespace tandem;
using files::has;
using files::message;

namespace {

std::string dot(int value) {
  const auto byte = static_cast<std::uint8_t>(value);
  return files::ppm(1, 1, {byte, byte, byte});
}

/// `tar` over the files of a folder, in sorted order unless `names` says which, one after another.
void pack(const std::filesystem::path& folder, const std::filesystem::path& archive,
          const std::string& options = "--format=gnu", const std::string& names = "*") {
  const std::string command = "cd '" + folder.string() + "' && tar --sort=name " + options +
                              " -cf '" + archive.string() + "' " + names;
  REQUIRE(std::system(command.c_str()) == 0);
}

int value(const data::Source& source, std::int64_t index) {
  Image image;
  source.read(index, image);
  return image.u8()[0];
}

std::vector<std::string> members(const std::filesystem::path& archive) {
  std::vector<std::string> names;
  const data::RandomFile file(archive);
  data::scan_tar(file, [&](const data::TarMember& member) {
    std::string bytes(static_cast<std::size_t>(member.size), '\0');
    file.read(member.offset, bytes.data(), bytes.size());
    names.push_back(member.name + "=" + bytes);
  });
  return names;
}

}  // namespace

TEST_CASE("every member of a tar archive is found, whatever format it has") {
  TemporaryFolder folder, archives;
  const std::string deep = std::string(60, 'd') + "/" + std::string(60, 'e') + "/f";
  const std::string longest = std::string(200, 'x') + "/" + std::string(150, 'y');
  files::put(folder / "in/a", "first");
  files::put(folder / "in" / deep, "deep");
  files::put(folder / "in/z", std::string(1000, 'z'));
  std::filesystem::create_symlink("a", folder / "in/link");
  const std::vector<std::string> all = {"a=first", deep + "=deep", "z=" + std::string(1000, 'z')};
  for (const char* format : {"ustar", "gnu", "pax"}) {
    CAPTURE(format);
    pack(folder / "in", archives / "a.tar", std::string("--format=") + format);
    CHECK(members(archives / "a.tar") == all);
  }
  files::put(folder / "in" / longest, "longest");
  for (const char* format : {"gnu", "pax"}) {
    CAPTURE(format);
    pack(folder / "in", archives / "a.tar", std::string("--format=") + format);
    const auto found = members(archives / "a.tar");
    REQUIRE(found.size() == 4);
    CHECK(found[2] == longest + "=longest");
    CHECK(found[3] == all[2]);
  }
}

TEST_CASE("shards are samples by key, with the classes of their .cls members") {
  TemporaryFolder folder, data;
  for (int shard = 0; shard < 3; ++shard) {
    const auto in = folder / ("in" + std::to_string(shard));
    for (int i = 0; i < 2; ++i) {
      const std::string key = "s/00" + std::to_string(2 * shard + i);
      files::put(in / (key + ".ppm"), dot(10 * shard + i));
      files::put(in / (key + ".cls"), std::to_string(shard) + "\n");
      files::put(in / (key + ".json"), "{}");
    }
    pack(in, data / (shard == 2 ? "x-010.tar" : "x-00" + std::to_string(shard + 8) + ".tar"));
  }
  const auto check = [](const data::Source& source) {
    REQUIRE(source.size() == 6);
    for (int i = 0; i < 6; ++i) {
      CHECK(source.label(i) == i / 2);
      CHECK(value(source, i) == 10 * (i / 2) + i % 2);
    }
    CHECK(source.name(3) == "x-009.tar/s/003.ppm");
  };
  check(*files::open(data.path()));
  check(*files::open(data / "x-{008..010}.tar"));
  CHECK(files::open(data / "x-{009..010}.tar")->size() == 4);
  CHECK(files::open(data / "x-009.tar")->size() == 2);
  CHECK(has(message([&] { files::open(data / "x-{008..011}.tar"); }), "x-011.tar: No such file"));
  CHECK(has(message([&] { files::open(data / "x-{9..8}.tar"); }), "goes down"));
}

TEST_CASE("a shard pattern keeps its digits, and may have several ranges") {
  const auto names = [](const std::string& pattern) {
    std::vector<std::string> all;
    for (const auto& path : data::shards_of(pattern)) all.push_back(path.string());
    return all;
  };
  using Names = std::vector<std::string>;
  CHECK(names("a{08..11}.tar") == Names{"a08.tar", "a09.tar", "a10.tar", "a11.tar"});
  CHECK(names("a{8..9}-{0..1}.tar") == Names{"a8-0.tar", "a8-1.tar", "a9-0.tar", "a9-1.tar"});
  CHECK_FALSE(data::is_shard_pattern("a{b}.tar"));
  CHECK(has(message([&] { names("a{0..999999999}.tar"); }), "more than a million"));
  CHECK(has(message([&] { names("a{0..9999}{0..9999}.tar"); }), "more than a million"));
}

TEST_CASE("a tar of class folders has classes too, and of a sample's pictures the first counts") {
  TemporaryFolder folder, data;
  files::put(folder / "in/ant/1.ppm", dot(1));
  files::put(folder / "in/bee/1.ppm", dot(2));
  files::put(folder / "in/bee/1.seg.png", "a mask, no picture of the sample");
  pack(folder / "in", data / "t.tar");
  const auto source = files::open(data / "t.tar");
  REQUIRE(source->size() == 2);
  CHECK(source->label(0) == 0);
  CHECK(source->label(1) == 1);
  CHECK(value(*source, 1) == 2);
}

TEST_CASE("a sample's picture is the first whose whole extension is a picture's") {
  TemporaryFolder folder, data;
  const std::string names =
      "1.cls 1.depth.ppm 1.seg.ppm 1.ppm 1.png 2.mask.v2.ppm 2.PPM 2.cls 3.depth.ppm 3.cls";
  for (const char* other : {"1.depth.ppm", "1.seg.ppm", "1.png", "2.mask.v2.ppm", "3.depth.ppm"})
    files::put(folder / "in" / other, dot(9));
  files::put(folder / "in/1.ppm", dot(1));
  files::put(folder / "in/2.PPM", dot(2));
  for (const char* key : {"1", "2", "3"})
    files::put(folder / "in" / (std::string(key) + ".cls"), key);
  pack(folder / "in", data / "t.tar", "--format=gnu", names);
  const auto source = files::open(data / "t.tar");
  REQUIRE(source->size() == 2);
  for (int i = 0; i < 2; ++i) {
    CHECK(source->label(i) == i + 1);
    CHECK(value(*source, i) == i + 1);
  }
  pack(folder / "in", data / "t.tar", "--format=gnu", "3.cls 3.depth.ppm");
  const auto none = message([&] { files::open(data / "t.tar"); });
  CHECK(has(none, "holds no picture; looked for .jpg"));
  CHECK(has(none, "behind the first dot of a name, in 1 tar archive"));
}

TEST_CASE("what macOS puts beside each file is no picture, and parts no sample") {
  TemporaryFolder folder, data;
  const std::string names = "._s s/._1.cls s/1.cls s/._1.ppm s/1.ppm s/.ppm";
  for (const char* other : {"._s", "s/._1.cls", "s/._1.ppm", "s/.ppm"})
    files::put(folder / "in" / other, "Mac OS X");
  files::put(folder / "in/s/1.cls", "7");
  files::put(folder / "in/s/1.ppm", dot(1));
  pack(folder / "in", data / "t.tar", "--format=gnu", names);
  const auto source = files::open(data / "t.tar");
  REQUIRE(source->size() == 1);
  CHECK(source->label(0) == 7);
  CHECK(value(*source, 0) == 1);
}

TEST_CASE("an archive that cannot be read is told by name") {
  TemporaryFolder folder, data;
  files::put(folder / "in/a.ppm", dot(1));
  files::put(folder / "in/b.cls", "x");
  files::put(folder / "in/b.ppm", dot(2));
  pack(folder / "in", data / "t.tar");
  CHECK(has(message([&] { files::open(data / "t.tar"); }), "b.cls must hold a class"));
  std::filesystem::remove(folder / "in/b.cls");
  pack(folder / "in", data / "t.tar");
  const std::string whole = read_file(data / "t.tar");
  const auto open = [&](const std::string& bytes) {
    files::put(data / "t.tar", bytes);
    return message([&] { files::open(data / "t.tar"); });
  };
  CHECK(open(whole).empty());
  CHECK(open(whole.substr(0, 2048)).empty());  // without the zeros at the end
  for (std::size_t size = 0; size < 1024 + dot(2).size() + 512; size += 37) {
    if (size >= 512 + dot(1).size() && size <= 1024) continue;  // but for its padding, whole
    CAPTURE(size);
    const std::string said = open(whole.substr(0, size));
    CHECK(has(said, "t.tar: "));
    CHECK((size < 512 || has(said, "cut off")));
  }
  std::string damaged = whole;
  damaged[1024 + 100] = '7';
  CHECK(has(open(damaged), "no header where one is due, at byte 1024"));
  CHECK(has(open(files::gzip(whole)), "unpack it"));
  CHECK(has(open(std::string(5000, 'x')), "not a tar archive"));
  CHECK(has(open(std::string(10240, '\0')), "holds no picture"));
}
