#include "run/thumbnail.hpp"

#include "data/plain.hpp"
#include "data/plot.hpp"
#include "data/png.hpp"
#include "report/base64.hpp"

#include <algorithm>

namespace tandem::run {
namespace {

constexpr int side = 40;

/// PNG has no pictures of two, or of many channels: their first one stands for all.
void keep_what_png_has(Image& image) {
  const int channels = image.channels();
  if (channels == 1 || channels == 3) return;
  const std::size_t pixels = image.values() / static_cast<std::size_t>(channels);
  const std::uint8_t* in = image.u8();
  std::uint8_t* out = image.scratch_u8(image.height(), image.width(), 1);
  for (std::size_t i = 0; i < pixels; ++i) out[i] = in[i * static_cast<std::size_t>(channels)];
  image.swap();
}

}  // namespace

formats::Json thumbnail(const data::Source& source, std::int64_t index) {
  Image image;
  source.read(index, image);
  if (image.type() == PixelType::f32) {
    image = data::plot(image, data::range_of(image), side);
  } else {
    const int shorter = std::min({side, image.height(), image.width()});
    data::fit(image, shorter, shorter);
    keep_what_png_has(image);
  }
  return {{"name", source.name(index)},
          {"label", source.label(index)},
          {"png", report::png_uri(data::encode_png(image))}};
}

}  // namespace tandem::run
