#include "plugin/stamp.hpp"

#include "catch.hpp"
#include "forge.hpp"
#include "tandem/base/error.hpp"

#include <sys/stat.h>

using namespace tandem;
using plugin::incompatibilities;
using plugin::read_stamp;
using plugin::text;

namespace {

const std::filesystem::path plugins = TANDEM_FIXTURE_PLUGINS;
const auto good = plugins / "good_ops.so";

std::string refusal(const std::filesystem::path& file) {
  try {
    read_stamp(file);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::plugin);
    return error.what();
  }
  return "accepted";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a stamp says what the plugin is, read from the file") {
  const auto stamp = read_stamp(good);
  CHECK(text(stamp.id) == "good_ops");
  CHECK(text(stamp.version) == "1.2");
  CHECK(text(stamp.doc) == "operations for tests");
  CHECK(text(stamp.author) == "Tandem's tests");
  CHECK(text(stamp.license) == "MIT");
  CHECK(text(stamp.libtorch) == "none");
  REQUIRE(stamp.count == 2);
  CHECK(stamp.items[0].role == Role::augmentation);
  CHECK(text(stamp.items[0].id) == "invert");
  CHECK(text(stamp.items[1].id) == "fail");
  CHECK(incompatibilities(stamp, plugin::host_stamp()).empty());
}

TEST_CASE("a sanitizer that the author chose is in the stamp, and does not fit a host without") {
  if (text(plugin::host_stamp().sanitizers) != "none") return;
  const auto stamp = read_stamp(plugins / "sanitized.so");
  CHECK(text(stamp.sanitizers) == "address");
  CHECK(has(incompatibilities(stamp, plugin::host_stamp()),
            "sanitizers: found address, expected none"));
}

TEST_CASE("the checksum is FNV-1a over the bytes after it") {
  const auto stamp = read_stamp(good);
  const auto* bytes = reinterpret_cast<const unsigned char*>(&stamp);
  std::uint32_t hash = 2166136261u;
  for (std::size_t i = offsetof(Stamp, checksum) + 4; i < sizeof(Stamp); ++i)
    hash = (hash ^ bytes[i]) * 16777619u;
  CHECK(hash == stamp.checksum);
}

TEST_CASE("a pipe is no plugin, and nothing waits for it") {
  TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe.so").c_str(), 0600) == 0);
  CHECK(has(refusal(folder / "pipe.so"), "is not a file"));
}

TEST_CASE("what is no plugin is refused by name, with the reason") {
  TemporaryFolder folder;
  const auto missing = folder / "missing.so";
  CHECK(has(refusal(missing), missing.string()));
  CHECK(has(refusal(missing), "No such file"));
  CHECK(has(refusal(folder.path()), "is not a file"));

  const auto words = folder / "words.so";
  write_file(words, "just words");
  CHECK(has(refusal(words), "is not a 64-bit shared library"));
  write_file(folder / "empty.so", "");
  CHECK(has(refusal(folder / "empty.so"), "is not a 64-bit shared library"));
  CHECK(has(refusal(plugins / "not_a_plugin.so"), "is not a Tandem plugin"));
}

TEST_CASE("a truncated plugin is refused at every length") {
  TemporaryFolder folder;
  const std::string whole = read_file(good);
  const auto cut = folder / "cut.so";
  for (std::size_t size = 0; size < whole.size(); size += 997) {
    write_file(cut, whole.substr(0, size));
    CHECK(refusal(cut) != "accepted");
  }
  write_file(cut, whole.substr(0, whole.size() - 1));
  CHECK(has(refusal(cut), "is truncated"));
}

TEST_CASE("a damaged stamp is none") {
  TemporaryFolder folder;
  std::string bytes = read_file(good);
  bytes[bytes.find("operations for tests")] ^= 1;
  write_file(folder / "damaged.so", bytes);
  CHECK(has(refusal(folder / "damaged.so"), "holds no valid stamp"));
}

TEST_CASE("a revision counts only for a role that is provided") {
  Stamp stamp = read_stamp(good);
  stamp.revision[0] = 99;
  CHECK(incompatibilities(stamp, plugin::host_stamp()).empty());
}
