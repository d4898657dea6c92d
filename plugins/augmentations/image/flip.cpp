#include "flip.hpp"

#include "pixels.hpp"

#include <algorithm>

namespace tandem::image {
namespace {

/// Rows of pixels of a fixed number of channels (0: any), in place.
template <std::size_t Channels, class T>
void flip(T* row, const Image& image) {
  const std::size_t channels = Channels ? Channels : static_cast<std::size_t>(image.channels());
  const std::size_t stride = static_cast<std::size_t>(image.width()) * channels;
  if (stride == 0) return;
  for (int y = 0; y < image.height(); ++y, row += stride) {
    T *left = row, *right = row + stride - channels;
    for (; left < right; left += channels, right -= channels) {
      for (std::size_t c = 0; c < channels; ++c) std::swap(left[c], right[c]);
    }
  }
}

}  // namespace

void HorizontalFlip::Params::declare(Fields<Params>& f) {
  f("p", &Params::p, "probability").range(0, 1);
}

void HorizontalFlip::apply(Image& image, Random& random) const {
  if (!random.chance(p_)) return;
  with_pixels(image, [&image](auto* pixels) {
    if (image.channels() == 3) return flip<3>(pixels, image);
    if (image.channels() == 1) return flip<1>(pixels, image);
    flip<0>(pixels, image);
  });
}

}  // namespace tandem::image
