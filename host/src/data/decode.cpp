#include "data/decode.hpp"

#include "data/orientation.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

namespace tandem::data {
namespace {

void decode_as(PictureFormat format, Bytes bytes, const DecodeOptions& options, Image& out) {
  switch (format) {
    case PictureFormat::jpeg:
      return decode_jpeg(bytes, options, out);
    case PictureFormat::png:
      return decode_png(bytes, options, out);
    case PictureFormat::pnm:
      return decode_pnm(bytes, options, out);
    case PictureFormat::none:
      throw Error(ErrorKind::data,
                  "not a picture: its first bytes are none of JPEG, PNG, BMP, WebP, PNM or TIFF");
    default:
      return decode_by_opencv(bytes, format, options, out);
  }
}

}  // namespace

void check_pixels(std::int64_t height, std::int64_t width, std::int64_t max_pixels) {
  if (height < 1 || width < 1) throw Error(ErrorKind::data, "an empty picture");
  if (width > max_pixels / height) {
    throw Error(ErrorKind::data,
                Log::join("has ", width, "x", height,
                          " pixels, more than data.max_pixels = ", max_pixels, " allows"));
  }
}

void decode(Bytes bytes, const DecodeOptions& options, Image& out) {
  if (bytes.empty()) throw Error(ErrorKind::data, "an empty file");
  const PictureFormat format = format_of(bytes);
  decode_as(format, bytes, options, out);
  orient(out, exif_orientation(bytes, format));
}

}  // namespace tandem::data
