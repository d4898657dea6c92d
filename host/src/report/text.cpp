#include "report/text.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace tandem::report {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

template <class... Args>
std::string print(const char* format, Args... args) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, args...);
  return text.data();
}

}  // namespace

std::size_t text_width(std::string_view text) {
  std::size_t width = 0;
  for (char c : text) width += continues(c) ? 0 : 1;
  return width;
}

std::string_view cut_text(std::string_view text, std::size_t width) {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (continues(text[end])) continue;
    if (width-- == 0) break;
  }
  return text.substr(0, end);
}

std::string fixed(double value, int digits) {
  return print("%.*f", digits, value);
}

std::string short_number(double value, int digits) {
  return print("%.*g", digits, value);
}

std::string duration(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "?";
  const auto all = static_cast<long long>(std::llround(seconds));
  const long long s = all % 60, m = all / 60 % 60, h = all / 3600 % 24, d = all / 86400;
  if (d > 0) return print("%lldd %02lld:%02lld:%02lld", d, h, m, s);
  if (h > 0) return print("%lld:%02lld:%02lld", h, m, s);
  return print("%lld:%02lld", m, s);
}

std::string counted(std::int64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace tandem::report
