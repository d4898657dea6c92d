#include "data/idx_file.hpp"

#include "data/gz_reader.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <array>

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

template <class... Parts>
[[noreturn]] void fail(const fs::path& path, const Parts&... parts) {
  throw Error(ErrorKind::data, Log::join(path.string(), ": ", parts...));
}

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | bytes[3];
}

void read_header(GzReader& reader, const fs::path& path, int dimensions, IdxFile& file) {
  std::array<std::uint8_t, 16> header{};
  const std::size_t wanted = 4 + 4 * static_cast<std::size_t>(dimensions);
  const std::size_t got = reader.read(header.data(), wanted);
  const std::uint32_t magic = 0x800 + static_cast<std::uint32_t>(dimensions);
  if (got >= 4 && big_endian(header.data()) != magic) {
    fail(path, "not an IDX file of ", dimensions == 1 ? "labels" : "images", ": starts with 0x",
         std::hex, big_endian(header.data()), " instead of 0x", magic);
  }
  if (got < wanted) fail(path, "cut off: expected a header of ", wanted, " bytes, found ", got);
  for (std::ptrdiff_t d = 0; d < dimensions; ++d) {
    file.shape.push_back(big_endian(header.data() + 4 + 4 * d));
  }
}

/// The number of values, refused before it is allocated where the file cannot hold that many:
/// deflate packs at most 1032 bytes into one.
std::size_t value_count(GzReader& reader, const fs::path& path, const IdxFile& file) {
  const std::int64_t bytes = reader.size();
  const std::int64_t most = bytes * (reader.plain() ? 1 : 1032);
  std::int64_t count = 1;
  for (std::int64_t size : file.shape) {
    if (size < 1) fail(path, "its header tells of no values: a dimension is 0");
    if (size > most / count) {
      fail(path, "expected more than ", most, " bytes of values from its header, but it has only ",
           bytes, reader.plain() ? " bytes" : " packed bytes");
    }
    count *= size;
  }
  return static_cast<std::size_t>(count);
}

}  // namespace

IdxFile read_idx(const fs::path& path, int dimensions) {
  GzReader reader(path);
  IdxFile file;
  read_header(reader, path, dimensions, file);
  const std::size_t count = value_count(reader, path, file);
  file.values.resize(count);
  const std::size_t got = reader.read(file.values.data(), count);
  if (got < count) fail(path, "cut off: expected ", count, " bytes of values, found ", got);
  std::uint8_t more = 0;
  if (reader.read(&more, 1) != 0) {
    fail(path, "goes on after its end: expected ", count, " bytes of values, found more");
  }
  return file;
}

}  // namespace tandem::data
