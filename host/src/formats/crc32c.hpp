#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::formats {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of bytes. `before` is that of the bytes in front of
/// them, so that a long text can be taken in parts.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

/// A checksum as files hold it: eight digits, "e3069283".
std::string crc32c_text(std::uint32_t sum);

}  // namespace tandem::formats
