#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tandem::formats {

/// The header of a file of NumPy's .npy format, versions 1 to 3 (numpy.lib.format).
struct NpyHeader {
  std::string type;  ///< as NumPy writes it, e.g. "|u1" or "<f4"
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
  std::int64_t data_begin = 0;  ///< in bytes, from the file's start

  /// The product of `shape`.
  std::int64_t values() const;
};

/// Bytes from which a header is certain to be read, if the file has so many.
inline constexpr std::size_t npy_header_limit = 1 << 16;

/// Reads the header from a file's first bytes. Throws Error(data) with the bare reason for what is
/// none, is cut off, or whose values cannot be counted in 62 bits.
NpyHeader parse_npy_header(std::span<const std::uint8_t> bytes);

/// The header of a file whose values follow row by row, aligned to 64 bytes as NumPy's are.
std::string npy_header(const std::string& type, std::span<const std::int64_t> shape);

}  // namespace tandem::formats
