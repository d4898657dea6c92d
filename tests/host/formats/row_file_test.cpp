#include "formats/row_file.hpp"
#include "catch.hpp"
#include "formats/npy.hpp"
#include "tandem/base/error.hpp"
#include "temporary_folder.hpp"

#include <array>
#include <string>
#include <vector>

using namespace tandem;
using namespace tandem::formats;

namespace {

std::vector<float> all(RowFile& file) {
  const auto values = file.values();
  return {values.begin(), values.end()};
}

ErrorKind refusal(const std::filesystem::path& path, const std::string& identity) {
  try {
    const RowFile file(path, identity, 2, 1);
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find(path.string()) != std::string::npos);
    return error.kind();
  }
  return ErrorKind::internal;
}

}  // namespace

TEST_CASE("rows go on at a whole group", "[row_file]") {
  const TemporaryFolder folder;
  const auto path = folder / "rows";
  {
    RowFile file(path, "of something", 2, 2);
    CHECK(file.rows() == 0);
    CHECK(file.values().empty());
    file.append(std::array<float, 4>{1, 2, 3, 4});
    file.append(std::array<float, 2>{5, 6});
    CHECK(file.rows() == 3);
    CHECK(all(file) == std::vector<float>{1, 2, 3, 4, 5, 6});
  }
  // A kill in the middle of a write.
  write_file(path, read_file(path) + "ab");
  {
    RowFile file(path, "of something", 2, 2);
    CHECK(file.rows() == 2);
    file.values()[0] = 100;
    CHECK(all(file) == std::vector<float>{1, 2, 3, 4});
    file.append(std::array<float, 2>{7, 8});
  }
  RowFile file(path, "of something", 2, 1);
  CHECK(all(file) == std::vector<float>{1, 2, 3, 4, 7, 8});
  file.remove();
  CHECK(!std::filesystem::exists(path));
}

TEST_CASE("rows of something else, and those of another process, are left alone", "[row_file]") {
  const TemporaryFolder folder;
  const auto path = folder / "rows";
  {
    RowFile file(path, "of something", 2, 1);
    file.append(std::array<float, 2>{1, 2});
    CHECK(refusal(path, "of something") == ErrorKind::usage);
  }
  const auto before = read_file(path);
  CHECK(refusal(path, "of something else") == ErrorKind::usage);
  CHECK(read_file(path) == before);
  CHECK(refusal(folder / "missing/rows", "of something") == ErrorKind::resource);
  // Cut off in its first line: nothing is lost.
  write_file(path, before.substr(0, 9));
  RowFile file(path, "of something", 2, 1);
  CHECK(file.rows() == 0);
  file.append(std::array<float, 2>{1, 2});
  CHECK(read_file(path) == before);
}

TEST_CASE("an .npy header is read back, and aligned", "[npy]") {
  for (const std::int64_t rows : {0, 7, 1234567890}) {
    const std::array shape = {rows, std::int64_t{3}};
    const std::string header = npy_header("<f4", shape);
    CHECK(header.size() % 64 == 0);
    CHECK(header.back() == '\n');
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(header.data());
    const auto read = parse_npy_header({bytes, header.size()});
    CHECK(read.type == "<f4");
    CHECK(!read.fortran_order);
    CHECK(read.shape == std::vector<std::int64_t>{rows, 3});
    CHECK(read.data_begin == static_cast<std::int64_t>(header.size()));
  }
}
