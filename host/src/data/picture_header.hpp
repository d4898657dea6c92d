#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tandem::data {

using Bytes = std::span<const std::uint8_t>;

enum class PictureFormat : std::uint8_t { none, jpeg, png, bmp, webp, pnm, tiff };

struct PictureSize {
  std::int64_t height = 0, width = 0;
};

/// Whether the bytes at `at` are this text.
bool has_at(Bytes bytes, std::size_t at, std::string_view text);

/// What a file's first bytes say it is, whatever its name.
PictureFormat format_of(Bytes bytes);

/// The size that the header of a PNG, BMP, WebP or TIFF tells, so that it can be refused before
/// anything is allocated. For a TIFF the larger of picture and tile. Throws Error(data) where the
/// header is cut off or does not tell, and for what no picture of ours is: an animated WebP, a TIFF
/// of more than 16 bits a sample.
PictureSize header_size(Bytes bytes, PictureFormat format);

}  // namespace tandem::data
