#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::report {

/// Characters of a UTF-8 text.
std::size_t text_width(std::string_view text);
/// At most `width` characters from its start.
std::string_view cut_text(std::string_view text, std::size_t width);
/// With a fixed number of digits behind the point: (0.5, 1) → "0.5".
std::string fixed(double value, int digits);
/// With so many significant digits, short: (1234567, 4) → "1.235e+06".
std::string short_number(double value, int digits = 4);
/// (1, "step") → "1 step", (2, "step") → "2 steps".
std::string counted(std::int64_t count, std::string_view noun);
/// "0:07", "12:34", "1:02:03", "2d 03:04:05".
std::string duration(double seconds);

}  // namespace tandem::report
