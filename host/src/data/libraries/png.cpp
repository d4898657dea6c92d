#include "data/png.hpp"

#include "tandem/base/error.hpp"

#include <opencv2/imgcodecs.hpp>
#include <string>
#include <utility>
#include <vector>

namespace tandem::data {
namespace {

/// OpenCV takes BGR.
cv::Mat reordered(const Image& image) {
  cv::Mat pixels(image.height(), image.width(), CV_8UC(image.channels()));
  const auto channels = static_cast<std::size_t>(image.channels());
  std::copy_n(image.u8(), image.values(), pixels.ptr());
  if (channels < 3) return pixels;
  for (std::size_t i = 0; i < image.values(); i += channels) {
    std::swap(pixels.data[i], pixels.data[i + 2]);
  }
  return pixels;
}

}  // namespace

std::string encode_checked_png(const Image& image) {
  std::vector<std::uint8_t> encoded;
  try {
    cv::imencode(".png", reordered(image), encoded);
  } catch (const cv::Exception& error) {
    throw Error(ErrorKind::resource, "a picture cannot be encoded as PNG: " + error.err);
  }
  return {encoded.begin(), encoded.end()};
}

}  // namespace tandem::data
