#pragma once

#include "tandem/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace tandem::formats {

/// The error for a write to `path` that failed with `error` (an errno): kind `resource`. A full
/// disk, quota or file-size limit is told with `needed` bytes (0: unknown), what is free, and a
/// remedy.
Error write_error(const std::filesystem::path& path, int error, std::uint64_t needed);

/// "812 bytes", "1.5 MiB".
std::string human_bytes(std::uint64_t bytes);

}  // namespace tandem::formats
