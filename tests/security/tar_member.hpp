#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// Archives made by hand, byte by byte, as POSIX's ustar lays them out.
namespace tar {

inline void put_octal(std::string& header, std::size_t at, std::size_t digits,
                      std::uint64_t value) {
  for (std::size_t i = digits; i > 0; --i, value /= 8)
    header[at + i - 1] = static_cast<char>('0' + value % 8);
}

/// The header of a member that claims this size; `kind` is '0' of a file, '1' and '2' of links.
inline std::string header(const std::string& name, char kind, std::uint64_t size,
                          const std::string& target = "") {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  put_octal(header, 100, 7, 0644);
  put_octal(header, 124, 11, size);
  header.replace(148, 8, 8, ' ');
  header[156] = kind;
  header.replace(157, target.size(), target);
  header.replace(257, 8,
                 std::string("ustar\0"
                             "00",
                             8));
  std::uint64_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put_octal(header, 148, 6, sum);
  header[154] = '\0';
  return header;
}

/// A whole member.
inline std::string member(const std::string& name, char kind, const std::string& bytes,
                          const std::string& target = "") {
  return header(name, kind, bytes.size(), target) + bytes +
         std::string((512 - bytes.size() % 512) % 512, '\0');
}

}  // namespace tar
