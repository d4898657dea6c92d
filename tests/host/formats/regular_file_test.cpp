// Files that may be anything: huge, endless, or none.
#include "formats/regular_file.hpp"
#include "catch.hpp"
#include "formats/json_lines.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"

#include <sys/stat.h>

#include <vector>

using namespace tandem::formats;
using tandem::ErrorKind;

namespace fs = std::filesystem;

namespace {

using Found = FileLines::Found;

/// So many bytes of nothing, which take no room.
void make_sparse(const fs::path& path, std::uintmax_t bytes) {
  write_file(path, "");
  fs::resize_file(path, bytes);
}

std::vector<std::pair<Found, std::string>> lines_of(const fs::path& path) {
  FileLines file(path);
  std::vector<std::pair<Found, std::string>> lines;
  std::string line;
  for (auto found = file.next(line); found != Found::end; found = file.next(line))
    lines.emplace_back(found, line);
  return lines;
}

}  // namespace

TEST_CASE("a small file is read whole, up to its limit") {
  const TemporaryFolder here;
  const std::string bytes("a\0b\n", 4);
  ::write_file(here / "f", bytes);
  CHECK(read_small_file(here / "f", 4, ErrorKind::data) == bytes);
  CHECK(refusal(ErrorKind::checkpoint,
                [&] { read_small_file(here / "f", 3, ErrorKind::checkpoint); }) ==
        "cannot read " + (here / "f").string() +
            ": it has 4 bytes, and such a file has at most 3 bytes");
  ::write_file(here / "f", "");
  CHECK(read_small_file(here / "f", 0, ErrorKind::data).empty());
  make_sparse(here / "huge", std::uintmax_t{1} << 40);
  CHECK_FALSE(refusal(ErrorKind::data, [&] {
                read_small_file(here / "huge", 1 << 20, ErrorKind::data);
              }).empty());
}

TEST_CASE("what is no regular file is refused by name, and not waited for") {
  const TemporaryFolder here;
  fs::create_directory(here / "folder");
  REQUIRE(::mkfifo((here / "pipe").c_str(), 0600) == 0);
  fs::create_symlink("/dev/zero", here / "zeros");
  for (const char* name : {"folder", "pipe", "zeros"}) {
    const std::string expected =
        "cannot read " + (here / name).string() + ": it is no regular file";
    CHECK(refusal(ErrorKind::config,
                  [&] { read_small_file(here / name, 100, ErrorKind::config); }) == expected);
    CHECK(refusal(ErrorKind::data, [&] { FileLines file(here / name); }) == expected);
    CHECK(refusal(ErrorKind::data, [&] { read_json_object(here / name); }) == expected);
  }
  CHECK(refusal(ErrorKind::data, [&] { FileLines file(here / "none"); }) ==
        "cannot read " + (here / "none").string() + ": No such file or directory");
}

TEST_CASE("lines are found as they are, whatever their length and the file's end") {
  const TemporaryFolder here;
  const std::string long_one(300'000, 'x'), longest(FileLines::longest, 'y');
  ::write_file(here / "f", "a\n\n" + long_one + "\n" + longest + "\n" + longest + "z\nb\nc");
  const auto lines = lines_of(here / "f");
  REQUIRE(lines.size() == 7);
  CHECK(lines[0] == std::pair(Found::line, std::string("a")));
  CHECK(lines[1] == std::pair(Found::line, std::string()));
  CHECK((lines[2] == std::pair(Found::line, long_one)));
  CHECK((lines[3] == std::pair(Found::line, longest)));
  CHECK(lines[4] == std::pair(Found::too_long, std::string()));
  CHECK(lines[5] == std::pair(Found::line, std::string("b")));
  CHECK(lines[6] == std::pair(Found::unfinished, std::string("c")));
  ::write_file(here / "f", "");
  CHECK(lines_of(here / "f").empty());
  make_sparse(here / "huge", std::uintmax_t{1} << 28);
  CHECK(lines_of(here / "huge") == std::vector{std::pair(Found::too_long, std::string())});
}

TEST_CASE("a line of JSON that never ends is refused by its number") {
  const TemporaryFolder here;
  ::write_file(here / "m", "{}\n" + std::string(FileLines::longest + 1, ' ') + "\n{}\n");
  CHECK(refusal(ErrorKind::data, [&] { read_json_lines(here / "m"); }) ==
        (here / "m").string() +
            ":2: a line of more than 1.0 MiB; the file was damaged, remove that line");
}

TEST_CASE("a file of JSON is its object, or an empty one") {
  const TemporaryFolder here;
  CHECK(read_json_object(here / "none") == Json::object());
  for (const char* text : {"", "[1]", "{", "3"}) {
    ::write_file(here / "f", text);
    CHECK(read_json_object(here / "f") == Json::object());
  }
  ::write_file(here / "f", "{\"a\": 1}");
  CHECK(read_json_object(here / "f").at("a") == 1);
  make_sparse(here / "f", (16 << 20) + 1);
  CHECK_FALSE(refusal(ErrorKind::data, [&] { read_json_object(here / "f"); }).empty());
}
