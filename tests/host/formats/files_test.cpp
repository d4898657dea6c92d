#include "catch.hpp"
#include "formats/append_file.hpp"
#include "formats/atomic_file.hpp"
#include "formats/disk.hpp"
#include "formats/json_lines.hpp"
#include "scratch.hpp"
#include "tandem/base/error.hpp"

#include <sys/stat.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

using namespace tandem::formats;

namespace {

class Messages final : public tandem::Log {
 public:
  void write(tandem::LogLevel, std::string_view message) override { all.emplace_back(message); }
  std::vector<std::string> all;
};

}  // namespace

TEST_CASE("a file appears whole") {
  const scratch::Folder folder;
  const std::string bytes("a\0b\n", 4);
  write_file(folder / "f", bytes);
  CHECK(scratch::get(folder / "f") == bytes);
  write_file(folder / "f", "new");
  CHECK(scratch::get(folder / "f") == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("until a file is committed the old one stands, and after giving up nothing is left") {
  const scratch::Folder folder;
  write_file(folder / "f", "old");
  {
    AtomicFile file(folder / "f");
    file.write("new, half wri");
    CHECK(scratch::get(folder / "f") == "old");
    AtomicFile other(folder / "f");
    other.write("other");
    other.commit();
  }
  CHECK(scratch::get(folder / "f") == "other");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a new file has the permissions that the process gives to files") {
  const scratch::Folder folder;
  const mode_t mask = ::umask(027);
  write_file(folder / "f", "x");
  ::umask(mask);
  struct stat status {};
  ::stat((folder / "f").c_str(), &status);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("a file that cannot be written is told with its name") {
  const scratch::Folder folder;
  std::filesystem::create_directory(folder / "taken");
  for (const std::string name : {"missing/f", "taken"}) {
    try {
      write_file(folder / name, "x");
      FAIL("written");
    } catch (const tandem::Error& error) {
      CHECK(error.kind() == tandem::ErrorKind::resource);
      CHECK(std::string(error.what()).find((folder / name).string()) != std::string::npos);
    }
  }
  CHECK(folder.entries() == 1);
}

TEST_CASE("a full disk is told with what is needed and what is free") {
  const std::string message = write_error("/tmp/f", ENOSPC, 3'500'000).what();
  CHECK(message.find("disk or quota is full") != std::string::npos);
  CHECK(message.find("3500000 bytes (3.3 MiB)") != std::string::npos);
  CHECK(message.find("are free") != std::string::npos);
}

TEST_CASE("sizes are spelt for people") {
  CHECK(human_bytes(0) == "0 bytes");
  CHECK(human_bytes(1) == "1 byte");
  CHECK(human_bytes(1023) == "1023 bytes");
  CHECK(human_bytes(1536) == "1.5 KiB");
  CHECK(human_bytes(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(human_bytes(std::uint64_t{3} << 40) == "3.0 TiB");
}

TEST_CASE("records are appended") {
  const scratch::Folder folder;
  Messages log;
  { AppendFile(folder / "l", log).write("one\n"); }
  AppendFile file(folder / "l", log);
  file.write("two\n");
  file.write("\n");
  CHECK(scratch::get(folder / "l") == "one\ntwo\n\n");
  CHECK(log.all.empty());
  CHECK_THROWS_AS(AppendFile(folder / "missing/l", log), tandem::Error);
}

TEST_CASE("records that cannot be written are reported once") {
  Messages log;
  AppendFile file("/dev/full", log);
  for (int i = 0; i < 3; ++i) file.write("line");
  REQUIRE(log.all.size() == 1);
  CHECK(log.all[0].find("/dev/full") != std::string::npos);
  CHECK(log.all[0].find("the run goes on") != std::string::npos);
}

TEST_CASE("a record that does not fit is dropped whole") {
  const scratch::Folder folder;
  const int result = scratch::with_file_limit(12, [&] {
    Messages log;
    AppendFile file(folder / "l", log);
    file.write("12345\n");
    file.write("too long for it");
    file.write("6789\n");
    return static_cast<int>(log.all.size());
  });
  CHECK(result == 1);
  CHECK(scratch::get(folder / "l") == "12345\n6789\n");
}

TEST_CASE("doubles survive JSON lines bit for bit") {
  const scratch::Folder folder;
  std::mt19937_64 random(7);
  std::vector<double> values = {0.0,     -0.0,       0.1, 1e-310, 5e-324, 1.7976931348623157e308,
                                1.0 / 3, 123456789.0};
  while (values.size() < 2000) {
    const double value = std::bit_cast<double>(random());
    if (std::isfinite(value)) values.push_back(value);
  }
  {
    JsonLines lines(folder / "m.jsonl", tandem::null_log());
    for (double value : values) lines.write({{"v", json_number(value)}});
  }
  const auto read = read_json_lines(folder / "m.jsonl");
  REQUIRE(read.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    CHECK(std::bit_cast<std::uint64_t>(number_from_json(read[i]["v"])) ==
          std::bit_cast<std::uint64_t>(values[i]));
}

TEST_CASE("numbers that JSON does not know are words") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(json_number(infinity).dump() == "\"inf\"");
  CHECK(json_number(-infinity).dump() == "\"-inf\"");
  CHECK(json_number(std::nan("")).dump() == "\"nan\"");
  CHECK(number_from_json(json_number(infinity)) == infinity);
  CHECK(number_from_json(json_number(-infinity)) == -infinity);
  CHECK(std::isnan(number_from_json(json_number(std::nan("")))));
  CHECK(std::isnan(number_from_json(Json())));
}

TEST_CASE("an unfinished last line is left out, a damaged one is an error") {
  const scratch::Folder folder;
  scratch::put(folder / "m", "{\"b\":1,\"a\":2}\n{\"b\":");
  const auto lines = read_json_lines(folder / "m");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].dump() == "{\"b\":1,\"a\":2}");
  scratch::put(folder / "m", "{}\n{\"b\":\n{}\n");
  try {
    read_json_lines(folder / "m");
    FAIL("read");
  } catch (const tandem::Error& error) {
    CHECK(error.kind() == tandem::ErrorKind::data);
    CHECK(std::string(error.what()).find("m:2:") != std::string::npos);
  }
  CHECK_THROWS_AS(read_json_lines(folder / "none"), tandem::Error);
}
