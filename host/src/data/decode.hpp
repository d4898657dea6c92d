#pragma once

#include "data/picture_header.hpp"
#include "tandem/base/image.hpp"

#include <cstdint>

namespace tandem::data {

struct DecodeOptions {
  int channels = 3;  ///< 1 (grey by ITU-R 601) or 3 (RGB)
  std::int64_t max_pixels = 64'000'000;
};

/// Decodes a picture that a file holds, told by its first bytes, into 8 bits a channel. What
/// becomes of alpha, palettes, 16 bits, CMYK and EXIF's orientation: the table in `data/README.md`.
/// Throws Error(data) with the bare reason, without a name; a size beyond the limit is refused from
/// the header, before anything of that size is allocated. [any thread]
void decode(Bytes bytes, const DecodeOptions& options, Image& out);

/// The same for one format alone, without EXIF's orientation. A lean build has PNM's alone.
void decode_jpeg(Bytes bytes, const DecodeOptions& options, Image& out);
void decode_png(Bytes bytes, const DecodeOptions& options, Image& out);
void decode_pnm(Bytes bytes, const DecodeOptions& options, Image& out);
/// BMP, WebP and TIFF.
void decode_by_opencv(Bytes bytes, PictureFormat format, const DecodeOptions& options, Image& out);

/// The names of the formats that this build decodes, for people.
const char* decoded_formats();

/// OpenCV's own decoding of the same bytes, whose pixels are dropped: to compare speeds with.
void decode_by_opencv_alone(Bytes bytes);

/// Keeps OpenCV from printing what it thinks of damaged files. [process-wide: for programs]
void silence_decoders();

/// Throws Error(data) where a picture is empty or larger than `max_pixels`.
void check_pixels(std::int64_t height, std::int64_t width, std::int64_t max_pixels);

}  // namespace tandem::data
