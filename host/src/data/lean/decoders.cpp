#include "data/decode.hpp"
#include "tandem/base/error.hpp"

#include <string>

namespace tandem::data {
namespace {

[[noreturn]] void refuse(const std::string& format) {
  throw Error(ErrorKind::data, "a " + format +
                                   ", which this build cannot decode (it is a lean one): convert "
                                   "it to PPM, .npy or CIFAR's format, or build without "
                                   "TANDEM_LEAN");
}

}  // namespace

void decode_jpeg(Bytes, const DecodeOptions&, Image&) {
  refuse("JPEG");
}

void decode_png(Bytes, const DecodeOptions&, Image&) {
  refuse("PNG");
}

void decode_by_opencv(Bytes, PictureFormat format, const DecodeOptions&, Image&) {
  refuse(format == PictureFormat::bmp ? "BMP" : format == PictureFormat::webp ? "WebP" : "TIFF");
}

const char* decoded_formats() {
  return "PNM (a lean build: TANDEM_LEAN)";
}

void decode_by_opencv_alone(Bytes) {
  refuse("JPEG");
}

/// PNM's decoder prints nothing.
void silence_decoders() {}

}  // namespace tandem::data
