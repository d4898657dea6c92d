// Archives and folders that point elsewhere.
#include "catch.hpp"
#include "formats/crc32c.hpp"
#include "formats/sealed_folder.hpp"
#include "host/data/files.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdio>

using namespace tandem;

namespace {

void put_octal(std::string& header, std::size_t at, std::size_t digits, std::uint64_t value) {
  for (std::size_t i = digits; i > 0; --i, value /= 8)
    header[at + i - 1] = static_cast<char>('0' + value % 8);
}

/// One member as POSIX's ustar lays it out; `kind` is '0' of a file, '1' and '2' of links.
std::string member(const std::string& name, char kind, const std::string& bytes,
                   const std::string& target = "") {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  put_octal(header, 100, 7, 0644);
  put_octal(header, 124, 11, bytes.size());
  header.replace(148, 8, 8, ' ');
  header[156] = kind;
  header.replace(157, target.size(), target);
  header.replace(257, 8,
                 std::string("ustar\0"
                             "00",
                             8));
  std::uint64_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put_octal(header, 148, 6, sum);
  header[154] = '\0';
  return header + bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
}

std::string dot(std::uint8_t value) {
  return files::ppm(1, 1, {value, value, value});
}

std::vector<std::string> entries(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    names.push_back(entry.path().lexically_relative(folder).string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("members of an archive are read where they are, whatever path or link they claim") {
  const TemporaryFolder folder;
  files::put(folder / "secret.ppm", dot(200));
  const std::string secret = (folder / "secret.ppm").string();
  const std::string archive =
      member("../secret.ppm", '0', dot(1)) + member("/etc/2.ppm", '0', dot(2)) +
      member("a/../../3.ppm", '0', dot(3)) + member("4.ppm", '2', "", secret) +
      member("5.ppm", '1', "", secret) + member("6.ppm", '2', "", "../secret.ppm") +
      member("7.ppm", '6', "") + member("8.ppm", '0', dot(8)) + std::string(1024, '\0');
  files::put(folder / "inside/x.tar", archive);
  const auto before = entries(folder.path());

  const auto source = files::open(folder / "inside/x.tar");
  std::vector<int> values;
  for (std::int64_t i = 0; i < source->size(); ++i) {
    Image image;
    source->read(i, image);
    values.push_back(image.u8()[0]);
  }
  std::sort(values.begin(), values.end());
  CHECK(values == std::vector<int>{1, 2, 3, 8});
  CHECK(entries(folder.path()) == before);
}

TEST_CASE("a member larger than its archive, or than memory, is refused by name") {
  const TemporaryFolder folder;
  for (const std::uint64_t size : {std::uint64_t{1} << 20, (std::uint64_t{1} << 33) - 1}) {
    std::string header = member("1.ppm", '0', "");
    put_octal(header, 124, 11, size);
    header.replace(148, 8, 8, ' ');
    std::uint64_t sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    put_octal(header, 148, 6, sum);
    header[154] = '\0';
    files::put(folder / "x.tar", header + dot(1));
    CHECK(files::has(files::message([&] { files::open(folder / "x.tar"); }), "x.tar: cut off"));
  }
}

TEST_CASE("a pipe or a device among pictures is one bad picture, and is not waited for") {
  const TemporaryFolder folder;
  files::put(folder / "set/a.ppm", dot(5));
  REQUIRE(::mkfifo((folder / "set/b.ppm").c_str(), 0600) == 0);
  std::filesystem::create_symlink("/dev/zero", folder / "set/c.ppm");
  const auto source = files::open(folder / "set");
  REQUIRE(source->size() == 3);
  Image image;
  source->read(0, image);
  CHECK(image.u8()[0] == 5);
  CHECK(files::has(files::message([&] { source->read(1, image); }), "b.ppm: not a file"));
  CHECK(files::has(files::message([&] { source->read(2, image); }), "c.ppm: not a file"));
}

TEST_CASE("a checkpoint whose file is a link, a pipe or elsewhere is damaged") {
  const TemporaryFolder folder;
  const auto checkpoint = folder / "step-1";
  formats::SealedFolder sealed(checkpoint, 100);
  sealed.write("state.json", "{}");
  sealed.seal();
  REQUIRE(formats::verify_folder(checkpoint).size() == 1);
  const auto refused = [&] {
    return files::message([&] { formats::verify_folder(checkpoint); }, ErrorKind::checkpoint);
  };
  std::filesystem::rename(checkpoint / "state.json", folder / "state.json");
  std::filesystem::create_symlink(folder / "state.json", checkpoint / "state.json");
  CHECK(files::has(refused(), "state.json is missing"));
  std::filesystem::remove(checkpoint / "state.json");
  REQUIRE(::mkfifo((checkpoint / "state.json").c_str(), 0600) == 0);
  CHECK(files::has(refused(), "state.json is missing"));

  const std::string climbing = "tandem checkpoint 1\n2 00000000 ../state.json\n";
  std::array<char, 16> end{};
  std::snprintf(end.data(), end.size(), "end %08x\n", formats::crc32c(climbing));
  write_file(checkpoint / "COMMIT", climbing + end.data());
  CHECK(files::has(refused(), "COMMIT is damaged"));
}
