#include "data/decode.hpp"
#include "data/grey.hpp"
#include "data/libraries/silent_cerr.hpp"
#include "tandem/base/error.hpp"

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

cv::Mat encoded_picture(Bytes bytes) {
  return cv::Mat(1, static_cast<int>(bytes.size()), CV_8UC1,
                 const_cast<std::uint8_t*>(bytes.data()));
}

}  // namespace

void decode_by_opencv(Bytes bytes, PictureFormat format, const DecodeOptions& options, Image& out) {
  const PictureSize size = header_size(bytes, format);
  check_pixels(size.height, size.width, options.max_pixels);
  cv::Mat decoded;
  try {
    const SilentCerr silent;
    decoded =
        cv::imdecode(encoded_picture(bytes), cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
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

const char* decoded_formats() {
  return "JPEG, PNG, BMP, WebP, TIFF, PNM";
}

void decode_by_opencv_alone(Bytes bytes) {
  cv::imdecode(encoded_picture(bytes), cv::IMREAD_COLOR);
}

void silence_decoders() {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
  install_silent_cerr();
}

}  // namespace tandem::data
