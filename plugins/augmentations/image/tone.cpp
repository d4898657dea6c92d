#include "tone.hpp"

#include "draw_text.hpp"
#include "luma.hpp"
#include "pixels.hpp"
#include "planes.hpp"
#include "vector.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::image {
namespace {

template <class T>
void make_grey(Planes& p) {
  for (std::size_t i = 0; i < Planes::size; ++i)
    p.r[i] = p.g[i] = p.b[i] = luma<T>(p.r[i], p.g[i], p.b[i]);
}

template <class T>
void grey_rgb(T* pixels, std::size_t count) {
  change_rgb(pixels, count, vectorised<make_grey<T>>);
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

void invert_bytes(std::uint8_t* pixels, std::size_t count, int threshold) {
  for (std::size_t i = 0; i < count; ++i) {
    const int value = pixels[i];
    pixels[i] = static_cast<std::uint8_t>(value < threshold ? value : 255 - value);
  }
}
void invert_floats(float* pixels, std::size_t count, float threshold) {
  for (std::size_t i = 0; i < count; ++i) {
    pixels[i] = pixels[i] < threshold ? pixels[i] : 1 - pixels[i];
  }
}

}  // namespace

void Grayscale::Params::declare(Fields<Params>& f) {
  f("p", &Params::p, "probability").range(0, 1);
}

void Grayscale::apply(Image& image, Random& random) const {
  if (!draw(image, random)) return;
  const std::size_t values = image.values();
  with_pixels(image, [&](auto* pixels) {
    if (image.channels() == 3) return grey_rgb(pixels, values / 3);
    grey_mean(pixels, values, static_cast<std::size_t>(image.channels()));
  });
}

std::string Grayscale::describe_draw(const Image& image, Random random) const {
  return draw(image, random) ? applied : not_applied;
}

bool Grayscale::draw(const Image& image, Random& random) const {
  return random.chance(p_) && image.channels() != 1;
}

void Solarize::Params::declare(Fields<Params>& f) {
  f("threshold", &Params::threshold, "smallest value that is inverted, of 255").range(0, 256);
  f("p", &Params::p, "probability").range(0, 1);
}

void Solarize::apply(Image& image, Random& random) const {
  if (!draw(random)) return;
  if (image.type() == PixelType::u8) {
    return vectorised<invert_bytes>(image.u8(), image.values(),
                                    static_cast<int>(std::ceil(threshold_)));
  }
  vectorised<invert_floats>(image.f32(), image.values(), static_cast<float>(threshold_ / 255));
}

std::string Solarize::describe_draw(const Image&, Random random) const {
  return draw(random) ? applied : not_applied;
}

}  // namespace tandem::image
