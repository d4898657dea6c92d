#include "data/orientation.hpp"

#include "data/tiff_directory.hpp"

#include <cstring>
#include <string_view>
#include <utility>

namespace tandem::data {
namespace {

std::size_t number(Bytes bytes, std::size_t at, std::size_t count, bool little) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = value << 8 | bytes[at + (little ? count - 1 - i : i)];
  }
  return value;
}

constexpr std::string_view exif_mark{"Exif\0\0", 6};

/// Goes from marker to marker until the picture's own data begin.
Bytes exif_of_jpeg(Bytes bytes) {
  constexpr std::uint8_t app1 = 0xe1, start_of_scan = 0xda, fill = 0xff;
  std::size_t at = 2;
  while (at + 4 <= bytes.size() && bytes[at] == 0xff) {
    const std::uint8_t marker = bytes[at + 1];
    if (marker == fill) {
      ++at;
      continue;
    }
    const std::size_t length = number(bytes, at + 2, 2, false);
    if (marker == start_of_scan || length < 2 || at + 2 + length > bytes.size()) return {};
    if (marker == app1 && length >= 8 && has_at(bytes, at + 4, exif_mark)) {
      return bytes.subspan(at + 10, length - 8);
    }
    at += 2 + length;
  }
  return {};
}

/// A chunk of that name: in PNG a length before it and a checksum behind, in WebP a length behind
/// it and even sizes.
Bytes exif_chunk(Bytes bytes, PictureFormat format) {
  const bool png = format == PictureFormat::png;
  std::size_t at = png ? 8 : 12;
  while (at + 8 <= bytes.size()) {
    const std::size_t length = number(bytes, at + (png ? 0 : 4), 4, !png);
    if (length > bytes.size() - at - 8) return {};
    if (has_at(bytes, at + (png ? 4 : 0), png ? "eXIf" : "EXIF")) {
      const Bytes block = bytes.subspan(at + 8, length);
      return has_at(block, 0, exif_mark) ? block.subspan(exif_mark.size()) : block;
    }
    at += 8 + length + (png ? 4 : length % 2);
  }
  return {};
}

Bytes exif_block(Bytes bytes, PictureFormat format) {
  switch (format) {
    case PictureFormat::jpeg:
      return exif_of_jpeg(bytes);
    case PictureFormat::png:
    case PictureFormat::webp:
      return exif_chunk(bytes, format);
    default:
      return {};
  }
}

/// Where a pixel of the result comes from: `start + y * per_row + x * per_column`, in pixels.
struct Walk {
  std::ptrdiff_t start, per_row, per_column;
};

Walk walk(int orientation, std::ptrdiff_t height, std::ptrdiff_t width) {
  const std::ptrdiff_t last_row = (height - 1) * width, last_column = width - 1;
  switch (orientation) {
    case 2:
      return {last_column, width, -1};
    case 3:
      return {last_row + last_column, -width, -1};
    case 4:
      return {last_row, -width, 1};
    case 5:
      return {0, 1, width};
    case 6:
      return {last_row, 1, -width};
    case 7:
      return {last_row + last_column, -1, -width};
    default:
      return {last_column, -1, width};
  }
}

}  // namespace

int exif_orientation(Bytes bytes, PictureFormat format) {
  constexpr std::uint16_t tag = 0x112;
  const auto found = TiffDirectory(exif_block(bytes, format)).number(tag);
  return found && *found >= 1 && *found <= 8 ? static_cast<int>(*found) : 1;
}

void orient(Image& image, int orientation) {
  if (orientation <= 1) return;
  int height = image.height(), width = image.width();
  const Walk from = walk(orientation, height, width);
  if (orientation >= 5) std::swap(height, width);
  const auto channels = static_cast<std::size_t>(image.channels());
  const std::uint8_t* in = image.u8();
  std::uint8_t* out = image.scratch_u8(height, width, image.channels());
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    for (std::ptrdiff_t x = 0; x < width; ++x, out += channels) {
      const std::ptrdiff_t pixel = from.start + y * from.per_row + x * from.per_column;
      std::memcpy(out, in + pixel * static_cast<std::ptrdiff_t>(channels), channels);
    }
  }
  image.swap();
}

}  // namespace tandem::data
