#include "data/resize.hpp"

#include <opencv2/imgproc.hpp>

namespace tandem::data {
namespace {

cv::Mat matrix(const Image& image) {
  const bool bytes = image.type() == PixelType::u8;
  const void* values =
      bytes ? static_cast<const void*>(image.u8()) : static_cast<const void*>(image.f32());
  return cv::Mat(image.height(), image.width(),
                 CV_MAKETYPE(bytes ? CV_8U : CV_32F, image.channels()), const_cast<void*>(values));
}

}  // namespace

void resize(const Image& from, Image& to, Enlarging how) {
  const bool shrinks = to.height() < from.height() || to.width() < from.width();
  const int enlarging = how == Enlarging::linear ? cv::INTER_LINEAR : cv::INTER_NEAREST;
  cv::Mat out = matrix(to);
  cv::resize(matrix(from), out, out.size(), 0, 0, shrinks ? cv::INTER_AREA : enlarging);
}

}  // namespace tandem::data
