#include "erase.hpp"

#include "draw_text.hpp"
#include "pixels.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::image {
namespace {

/// How the word "random" is kept as a number.
constexpr double random_values = -1;

template <class T>
void fill(T* row, std::size_t count, double value, Random& random) {
  if (value != random_values) {
    std::fill_n(row, count, pixel<T>(value));
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    row[i] = pixel<T>(static_cast<double>(random.bits() >> 8) * 0x1p-24);
  }
}

}  // namespace

void RandomErasing::Params::declare(Fields<Params>& f) {
  f("p", &Params::p, "probability").range(0, 1);
  f("scale", &Params::scale, "range of the rectangle's area, as a share of the picture's")
      .count(2)
      .above(0)
      .max(1);
  f("ratio", &Params::ratio, "range of the rectangle's height / width").count(2).above(0);
  f("value", &Params::value, "what is written, from 0 (black) to 1 (white), or \"random\"")
      .range(0, 1)
      .word("random", random_values);
}

RandomErasing::RandomErasing(const Params& params)
    : p_(params.p),
      scale_(Range::checked("random_erasing", "scale", params.scale)),
      ratio_(Range::checked("random_erasing", "ratio", params.ratio)),
      value_(params.value) {}

void RandomErasing::apply(Image& image, Random& random) const {
  const std::optional<Box> box = draw(image, random);
  if (!box) return;
  with_pixels(image, [&](auto* pixels) {
    const auto channels = static_cast<std::size_t>(image.channels());
    const std::size_t stride = static_cast<std::size_t>(image.width()) * channels;
    auto* row = pixels + static_cast<std::size_t>(box->top) * stride +
                static_cast<std::size_t>(box->left) * channels;
    for (int y = 0; y < box->height; ++y, row += stride) {
      fill(row, static_cast<std::size_t>(box->width) * channels, value_, random);
    }
  });
}

std::string RandomErasing::describe_draw(const Image& image, Random random) const {
  const std::optional<Box> box = draw(image, random);
  return box ? part(*box, image) : not_applied;
}

std::optional<Box> RandomErasing::draw(const Image& image, Random& random) const {
  if (!random.chance(p_)) return std::nullopt;
  constexpr int tries = 10;
  const int height = image.height(), width = image.width();
  for (int i = 0; i < tries; ++i) {
    const double area = scale_.draw(random) * height * width;
    const double ratio = std::exp(random.uniform(std::log(ratio_.low), std::log(ratio_.high)));
    const auto h = static_cast<int>(std::lround(std::sqrt(area * ratio)));
    const auto w = static_cast<int>(std::lround(std::sqrt(area / ratio)));
    if (h >= height || w >= width) continue;
    const auto top = static_cast<int>(random.integer(0, height - h));
    const auto left = static_cast<int>(random.integer(0, width - w));
    return Box{top, left, h, w};
  }
  return std::nullopt;
}

}  // namespace tandem::image
