#pragma once

#include <string>
#include <string_view>

namespace tandem::report {

/// Bytes as base64 with padding (RFC 4648, section 4).
std::string base64(std::string_view bytes);
/// "data:image/png;base64,…" of a PNG's bytes.
std::string png_uri(std::string_view png);

}  // namespace tandem::report
