#pragma once

#include <string>
#include <string_view>

namespace tandem::config {

/// The characters of UTF-8 text; a byte that is not UTF-8 becomes U+FFFD.
std::u32string characters_of(std::string_view text);
std::string utf8(char32_t c);
bool is_utf8(std::string_view text);
bool is_control(char32_t c);
/// Columns that a terminal gives a character: 0, 1 or 2 (the common ranges of Unicode's East Asian
/// Width and of combining marks).
int display_width(char32_t c);

}  // namespace tandem::config
