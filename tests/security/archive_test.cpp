// Archives and folders that point elsewhere.
#include "catch.hpp"
#include "formats/crc32c.hpp"
#include "formats/sealed_folder.hpp"
#include "host/data/files.hpp"
#include "tar_member.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdio>

using namespace tandem;
using tar::member;

namespace {

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
    files::put(folder / "x.tar", tar::header("1.ppm", '0', size) + dot(1));
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

TEST_CASE("a pipe in the place of a data set or of its labels is refused, and is not waited for") {
  const TemporaryFolder folder;
  const auto pipe = [&](const std::string& name) {
    std::filesystem::create_directories((folder / name).parent_path());
    REQUIRE(::mkfifo((folder / name).c_str(), 0600) == 0);
  };
  const auto refused = [&](const std::string& name) {
    return files::message([&] { files::open(folder / name); });
  };
  for (const char* name : {"images-idx3-ubyte", "images-idx3-ubyte.gz", "a.npy", "train.bin",
                           "data_batch_1.bin", "a.tar"}) {
    pipe(name);
    CHECK(files::has(refused(name), std::string(name) + ": not a file"));
  }
  files::put(folder / "idx/images-idx3-ubyte", files::idx(0x803, {1, 1, 1}, {5}));
  pipe("idx/labels-idx1-ubyte");
  CHECK(files::has(refused("idx/images-idx3-ubyte"), "labels-idx1-ubyte: not a file"));
  CHECK(files::has(refused("idx"), "labels-idx1-ubyte: not a file"));
  const std::string array =
      read_file(std::filesystem::path(TANDEM_TEST_DIR) / "golden/arrays/seven.npy");
  for (const char* labels : {"seven_labels.npy", "labels.npy"}) {
    const std::string place = std::string("npy-") + labels;
    files::put(folder / place / "seven.npy", array);
    CHECK(refused(place + "/seven.npy").empty());
    pipe(place + "/" + labels);
    CHECK(files::has(refused(place + "/seven.npy"), std::string(labels) + ": not a file"));
  }
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
