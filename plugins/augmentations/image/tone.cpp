#include "tone.hpp"

#include "luma.hpp"
#include "pixels.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::image {
namespace {

template <class T>
void grey_rgb(T* pixels, std::size_t count) {
  change_rgb(pixels, count, [](Planes& p) {
    for (std::size_t i = 0; i < Planes::size; ++i) {
      p.r[i] = p.g[i] = p.b[i] = luma<T>(p.r[i], p.g[i], p.b[i]);
    }
  });
}

template <class T>
void grey_mean(T* pixels, std::size_t values, std::size_t channels) {
  for (std::size_t i = 0; i < values; i += channels) {
    float sum = 0;
    for (std::size_t c = 0; c < channels; ++c) sum += static_cast<float>(pixels[i + c]);
    float mean = sum / static_cast<float>(channels);
    if constexpr (sizeof(T) == 1) mean += 0.5f;
    std::fill_n(pixels + i, channels, static_cast<T>(mean));
  }
}

}  // namespace

void Grayscale::Params::declare(Fields<Params>& f) {
  f("p", &Params::p, "probability").range(0, 1);
}

void Grayscale::apply(Image& image, Random& random) const {
  if (!random.chance(p_) || image.channels() == 1) return;
  const std::size_t values = image.values();
  with_pixels(image, [&](auto* pixels) {
    if (image.channels() == 3) return grey_rgb(pixels, values / 3);
    grey_mean(pixels, values, static_cast<std::size_t>(image.channels()));
  });
}

void Solarize::Params::declare(Fields<Params>& f) {
  f("threshold", &Params::threshold, "smallest value that is inverted, of 255").range(0, 256);
  f("p", &Params::p, "probability").range(0, 1);
}

void Solarize::apply(Image& image, Random& random) const {
  if (!random.chance(p_)) return;
  if (image.type() == PixelType::u8) {
    Table table;
    for (std::size_t v = 0; v < table.size(); ++v) {
      table[v] = static_cast<std::uint8_t>(static_cast<double>(v) < threshold_ ? v : 255 - v);
    }
    return look_up(image, table);
  }
  const auto threshold = static_cast<float>(threshold_ / 255);
  float* p = image.f32();
  for (std::size_t i = 0; i < image.values(); ++i) p[i] = p[i] < threshold ? p[i] : 1 - p[i];
}

}  // namespace tandem::image
