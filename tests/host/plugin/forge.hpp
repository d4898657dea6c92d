#pragma once

#include "tandem/base/plugin.hpp"
#include "temporary_folder.hpp"

#include <cstring>
#include <functional>

/// Where a plugin's stamp begins in its file.
inline std::size_t stamp_offset(const std::string& bytes) {
  const std::string magic(tandem::stamp_magic.begin(), tandem::stamp_magic.end());
  const auto at = bytes.find(magic);
  if (at == std::string::npos) throw std::runtime_error("no stamp to forge");
  return at;
}

/// Copies a plugin with another stamp in it, checksum and all, as if it had been built elsewhere.
inline void forge(const std::filesystem::path& from, const std::filesystem::path& to,
                  const std::function<void(tandem::Stamp&)>& change) {
  std::string bytes = read_file(from);
  const auto at = stamp_offset(bytes);
  tandem::Stamp stamp;
  std::memcpy(&stamp, bytes.data() + at, sizeof stamp);
  change(stamp);
  stamp.checksum = tandem::detail::stamp_checksum(stamp);
  std::memcpy(bytes.data() + at, &stamp, sizeof stamp);
  write_file(to, bytes);
}
