#include "data/decode.hpp"

#include "data/grey.hpp"
#include "data/orientation.hpp"
#include "data/silent_cerr.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>

namespace tandem::data {
namespace {

/// OpenCV's pixels are BGR.
void copy(const cv::Mat& bgr, Image& out) {
  std::uint8_t* to = out.u8();
  const bool grey = out.channels() == 1;
  for (int y = 0; y < bgr.rows; ++y) {
    const auto* in = bgr.ptr<std::uint8_t>(y);
    for (int x = 0; x < bgr.cols; ++x, in += 3) {
      if (grey) {
        *to++ = grey_of(in[2], in[1], in[0]);
        continue;
      }
      to[0] = in[2], to[1] = in[1], to[2] = in[0];
      to += 3;
    }
  }
}

/// BMP, WebP and TIFF.
void decode_by_opencv(Bytes bytes, PictureFormat format, const DecodeOptions& options, Image& out) {
  const PictureSize size = header_size(bytes, format);
  check_pixels(size.height, size.width, options.max_pixels);
  const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1,
                        const_cast<std::uint8_t*>(bytes.data()));
  cv::Mat decoded;
  try {
    const SilentCerr silent;
    decoded = cv::imdecode(encoded, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception& error) {
    throw Error(ErrorKind::data, "cannot be decoded: " + error.err);
  }
  if (decoded.empty()) {
    throw Error(ErrorKind::data, "cannot be decoded: it is damaged or cut off");
  }
  check_pixels(decoded.rows, decoded.cols, options.max_pixels);
  out.reset(decoded.rows, decoded.cols, options.channels);
  copy(decoded, out);
}

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

void decode_by_opencv_alone(Bytes bytes) {
  const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1,
                        const_cast<std::uint8_t*>(bytes.data()));
  cv::imdecode(encoded, cv::IMREAD_COLOR);
}

void silence_decoders() {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
  install_silent_cerr();
}

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
