#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace tandem::data {

/// Reads a whole file into `bytes`, whose memory is reused. Throws Error(data), naming the file,
/// where it cannot be read or is larger than 256 MiB.
void read_bytes(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes);

}  // namespace tandem::data
