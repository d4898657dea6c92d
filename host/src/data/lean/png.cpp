#include "data/png.hpp"

#include <algorithm>
#include <boost/crc.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// PNG (ISO/IEC 15948) without compression: deflate's stored blocks (RFC 1951, 3.2.4) in a zlib
/// stream (RFC 1950).
namespace tandem::data {
namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string little_endian(std::size_t sixteen_bits) {
  return {static_cast<char>(sixteen_bits), static_cast<char>(sixteen_bits >> 8)};
}

std::string chunk(std::string_view name, const std::string& data) {
  boost::crc_32_type sum;
  sum.process_bytes(name.data(), name.size());
  sum.process_bytes(data.data(), data.size());
  return big_endian(static_cast<std::uint32_t>(data.size())) + std::string(name) + data +
         big_endian(sum.checksum());
}

std::uint32_t adler32(std::string_view bytes) {
  std::uint32_t a = 1, b = 0;
  for (const char byte : bytes) {
    a = (a + static_cast<unsigned char>(byte)) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

std::string stored(std::string_view bytes) {
  constexpr std::size_t most = 65535;
  std::string stream = "\x78\x01";
  for (std::size_t at = 0; at < bytes.size(); at += most) {
    const std::size_t size = std::min(most, bytes.size() - at);
    stream += static_cast<char>(at + size == bytes.size());
    stream += little_endian(size) + little_endian(~size);
    stream += bytes.substr(at, size);
  }
  return stream + big_endian(adler32(bytes));
}

/// Each row behind a byte that says that it is not filtered.
std::string rows(const Image& image) {
  const std::size_t width = image.values() / static_cast<std::size_t>(image.height());
  const auto* pixels = reinterpret_cast<const char*>(image.u8());
  std::string bytes;
  bytes.reserve(image.values() + static_cast<std::size_t>(image.height()));
  for (std::size_t y = 0; y < static_cast<std::size_t>(image.height()); ++y)
    bytes.append(1, '\0').append(pixels + y * width, width);
  return bytes;
}

}  // namespace

std::string encode_checked_png(const Image& image) {
  const int channels = image.channels();
  const char colour = channels == 1 ? 0 : channels == 3 ? 2 : 6;
  const std::string header = big_endian(static_cast<std::uint32_t>(image.width())) +
                             big_endian(static_cast<std::uint32_t>(image.height())) +
                             std::string{8, colour, 0, 0, 0};
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunk("IDAT", stored(rows(image))) +
         chunk("IEND", "");
}

}  // namespace tandem::data
