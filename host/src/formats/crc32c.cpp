#include "formats/crc32c.hpp"

#include <array>
#include <cstdio>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace tandem::formats {
namespace {

constexpr std::uint32_t polynomial = 0x82F63B78;  // reflected

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ polynomial : value >> 1;
    table[byte] = value;
  }
  return table;
}

constexpr auto table = make_table();

std::uint32_t by_table(std::string_view bytes, std::uint32_t value) {
  for (const unsigned char byte : bytes) value = table[(value ^ byte) & 0xff] ^ value >> 8;
  return value;
}

#if defined(__x86_64__)
/// The processor's own instruction, eight bytes at a time: a checkpoint's cost is then the disk's.
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::string_view bytes,
                                                               std::uint32_t value) {
  std::uint64_t wide = value;
  for (; bytes.size() >= sizeof wide; bytes.remove_prefix(sizeof wide)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    wide = _mm_crc32_u64(wide, word);
  }
  value = static_cast<std::uint32_t>(wide);
  for (const unsigned char byte : bytes) value = _mm_crc32_u8(value, byte);
  return value;
}

bool has_instruction() {
  static const bool has = __builtin_cpu_supports("sse4.2");
  return has;
}
#endif

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
#if defined(__x86_64__)
  if (has_instruction()) return ~by_instruction(bytes, ~before);
#endif
  return ~by_table(bytes, ~before);
}

std::string crc32c_text(std::uint32_t sum) {
  std::array<char, 9> text{};
  std::snprintf(text.data(), text.size(), "%08x", sum);
  return text.data();
}

}  // namespace tandem::formats
