#include "data/gz_reader.hpp"

#include "tandem/base/error.hpp"

#include <array>

namespace tandem::data {

struct GzReader::State {
  std::int64_t at = 0;
};

GzReader::GzReader(const std::filesystem::path& path)
    : file_(path), state_(std::make_unique<State>()) {
  std::array<std::uint8_t, 2> magic{};
  if (file_.read(0, magic.data(), magic.size()) == magic.size() && magic[0] == 0x1f &&
      magic[1] == 0x8b)
    throw Error(ErrorKind::data, path.string() +
                                     ": is gzipped, which this build cannot read (it is a lean "
                                     "one, without zlib): unpack it first, gunzip FILE");
}

GzReader::~GzReader() = default;

std::size_t GzReader::read(std::uint8_t* to, std::size_t count) {
  const std::size_t got = file_.read(state_->at, to, count);
  state_->at += static_cast<std::int64_t>(got);
  return got;
}

bool GzReader::plain() {
  return true;
}

}  // namespace tandem::data
