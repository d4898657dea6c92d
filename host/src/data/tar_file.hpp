#pragma once

#include "data/file_bytes.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace tandem::data {

/// A file inside a tar archive.
struct TarMember {
  std::string name;
  std::int64_t offset = 0;  ///< of its first byte in the archive
  std::int64_t size = 0;
};

/// Goes through the headers of an uncompressed tar archive (ustar, with the long names and sizes of
/// GNU and pax) and calls `take` for every regular file in it, in order; other members are passed
/// over. Reads headers alone. Throws Error(data), naming file and place, for what is no tar
/// archive, is compressed, damaged or cut off.
void scan_tar(const RandomFile& file, const std::function<void(const TarMember&)>& take);

}  // namespace tandem::data
