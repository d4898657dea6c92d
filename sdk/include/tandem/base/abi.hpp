#pragma once

#include "tandem/base/export.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem {

/// What a plugin can provide.
enum class Role : std::uint8_t { objective, backbone, augmentation };
inline constexpr std::size_t role_count = 3;
TANDEM_API std::string_view role_name(Role role);

/// A new major means that older plugins are refused; a new minor that newer plugins are.
inline constexpr std::uint16_t abi_major = 1;
inline constexpr std::uint16_t sdk_minor = 0;
/// Goes up with any change to the role's interface or to a type that crosses with it.
inline constexpr std::array<std::uint16_t, role_count> role_revision = {1, 1, 1};

/// One thing that a plugin provides.
struct StampItem {
  Role role;
  char id[47];
};

/// What a plugin says about itself in plain, constant bytes: the host finds it in the file and
/// refuses a plugin that does not fit before any of its code runs. No pointers, no padding, all
/// text zero-filled.
struct Stamp {
  unsigned char magic[16];
  std::uint32_t size;      ///< sizeof(Stamp)
  std::uint32_t checksum;  ///< FNV-1a over all bytes after this member
  std::uint16_t major;
  std::uint16_t minor;
  std::uint16_t revision[role_count];
  std::uint8_t cxx11_abi;      ///< _GLIBCXX_USE_CXX11_ABI
  std::uint8_t glibcxx_debug;  ///< _GLIBCXX_DEBUG
  char libtorch[12];           ///< "2.13", or "none" for a plugin that links tandem::base alone
  char stdlib[16];             ///< "libstdc++" or "libc++"
  char arch[16];
  char sanitizers[32];  ///< "none", or as passed to -fsanitize=
  char compiler[32];
  char id[48];
  char version[24];
  char license[32];
  char author[64];
  char doc[128];
  std::uint32_t count;  ///< how many `items` are used
  StampItem items[24];
};
static_assert(alignof(Stamp) == 4 && sizeof(StampItem) == 48);

inline constexpr std::size_t max_items = sizeof(Stamp::items) / sizeof(StampItem);

/// "TANDEM" and ten bytes that no text contains.
inline constexpr std::array<unsigned char, 16> stamp_magic = {
    'T', 'A', 'N', 'D', 'E', 'M', 0x91, 0x0c, 0xe5, 0x7f, 0x03, 0xba, 0x58, 0xd4, 0x26, 0xf9};

/// Names of the two symbols a plugin exports.
inline constexpr const char* stamp_symbol = "tandem_plugin_stamp";
inline constexpr const char* register_symbol = "tandem_plugin_register";

}  // namespace tandem
