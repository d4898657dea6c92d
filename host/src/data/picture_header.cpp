#include "data/picture_header.hpp"

#include "data/tiff_directory.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace tandem::data {
namespace {

using namespace std::string_view_literals;

[[noreturn]] void cut_off() {
  throw Error(ErrorKind::data, "cannot be decoded: its header is damaged or cut off");
}

/// `count` bytes at `at`, the least significant first.
std::int64_t number(Bytes bytes, std::size_t at, std::size_t count) {
  if (bytes.size() < at + count) cut_off();
  std::int64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

std::int64_t big_endian(Bytes bytes, std::size_t at) {
  if (bytes.size() < at + 4) cut_off();
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[at + i];
  return value;
}

PictureSize png_size(Bytes bytes) {
  return {big_endian(bytes, 20), big_endian(bytes, 16)};
}

PictureSize bmp_size(Bytes bytes) {
  const bool old_header = number(bytes, 14, 4) == 12;
  if (old_header) return {number(bytes, 20, 2), number(bytes, 18, 2)};
  // A negative height is a picture stored from its top.
  const auto height = static_cast<std::int32_t>(number(bytes, 22, 4));
  return {std::abs(std::int64_t{height}), number(bytes, 18, 4)};
}

/// The three kinds of first chunk: lossy, lossless, and "extended", which tells of a canvas.
PictureSize webp_size(Bytes bytes) {
  if (has_at(bytes, 12, "VP8 ")) {
    return {number(bytes, 28, 2) & 0x3fff, number(bytes, 26, 2) & 0x3fff};
  }
  if (has_at(bytes, 12, "VP8L")) {
    const std::int64_t packed = number(bytes, 21, 4);
    return {(packed >> 14 & 0x3fff) + 1, (packed & 0x3fff) + 1};
  }
  if (!has_at(bytes, 12, "VP8X")) cut_off();
  constexpr std::int64_t animation = 2;
  if ((number(bytes, 20, 1) & animation) != 0) {
    throw Error(ErrorKind::data, "an animated WebP, of which no picture is the one");
  }
  return {number(bytes, 27, 3) + 1, number(bytes, 24, 3) + 1};
}

/// The value of a tag that every picture has.
std::int64_t number_of(const TiffDirectory& directory, std::uint16_t tag, std::string_view name) {
  const auto found = directory.number(tag);
  if (!found) {
    throw Error(ErrorKind::data, Log::join("cannot be decoded: a TIFF whose header has no ", name,
                                           " that is an unsigned whole number"));
  }
  return *found;
}

/// The value of a tag that may be missing. One that is there must be readable: libtiff reads more
/// types than we do, and would go by it.
std::int64_t number_or(const TiffDirectory& directory, std::uint16_t tag, std::string_view name,
                       std::int64_t fallback) {
  return directory.has(tag) ? number_of(directory, tag, name) : fallback;
}

PictureSize tiff_size(Bytes bytes) {
  const TiffDirectory directory(bytes);
  const std::int64_t bits = number_or(directory, 258, "BitsPerSample", 1);
  if (bits > 16) {
    throw Error(ErrorKind::data,
                Log::join("a TIFF of ", bits, " bits a sample: pictures have 16 at most"));
  }
  const std::int64_t width = number_of(directory, 256, "ImageWidth");
  const std::int64_t height = number_of(directory, 257, "ImageLength");
  // A picture without a pixel is refused as such, whatever its tiles.
  if (width == 0 || height == 0) return {height, width};
  return {std::max(height, number_or(directory, 323, "TileLength", 0)),
          std::max(width, number_or(directory, 322, "TileWidth", 0))};
}

}  // namespace

bool has_at(Bytes bytes, std::size_t at, std::string_view text) {
  return bytes.size() >= at + text.size() &&
         std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

PictureFormat format_of(Bytes bytes) {
  const auto starts_with = [&](std::string_view magic) { return has_at(bytes, 0, magic); };
  if (starts_with("\xff\xd8")) return PictureFormat::jpeg;
  if (starts_with("\x89PNG\r\n\x1a\n")) return PictureFormat::png;
  if (starts_with("BM")) return PictureFormat::bmp;
  if (starts_with("RIFF") && has_at(bytes, 8, "WEBP")) return PictureFormat::webp;
  if (bytes.size() >= 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6') {
    return PictureFormat::pnm;
  }
  constexpr std::array tiffs = {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv};
  return std::any_of(tiffs.begin(), tiffs.end(), starts_with) ? PictureFormat::tiff
                                                              : PictureFormat::none;
}

PictureSize header_size(Bytes bytes, PictureFormat format) {
  switch (format) {
    case PictureFormat::png:
      return png_size(bytes);
    case PictureFormat::bmp:
      return bmp_size(bytes);
    case PictureFormat::webp:
      return webp_size(bytes);
    case PictureFormat::tiff:
      return tiff_size(bytes);
    default:
      throw Error(ErrorKind::internal, "this format's own reader reads its header");
  }
}

}  // namespace tandem::data
