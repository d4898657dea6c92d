#include "crop.hpp"

#include "draw_text.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::image {
namespace {

constexpr int largest_side = 16384;

int rounded(double value) {
  return static_cast<int>(std::lround(value));
}

Box centred(int height, int width, int image_height, int image_width) {
  return {(image_height - height) / 2, (image_width - width) / 2, height, width};
}

/// Where a part of `size` begins in the middle of `whole`, as torchvision has it: of two middles
/// the one with the even offset; black is added to both sides, less of it before.
int middle(int whole, int size) {
  const int room = whole - size;
  if (room < 0) return -(-room / 2);
  const int half = room / 2;
  return room % 2 == 1 && half % 2 == 1 ? half + 1 : half;
}

}  // namespace

void ScalingParams::declare(Fields<ScalingParams>& f) {
  f("size", &ScalingParams::size, "side of the result").range(1, largest_side).unit("px");
  f("interpolation", &ScalingParams::interpolation, "filter, antialiased where the picture shrinks")
      .choices({"bicubic", "bilinear"});
}

void RandomResizedCrop::Params::declare(Fields<Params>& f) {
  f.base<ScalingParams>();
  f("scale", &Params::scale, "range of the part's area, as a share of the picture's")
      .count(2)
      .above(0)
      .max(1);
  f("ratio", &Params::ratio, "range of the part's width / height").count(2).above(0);
  f("dialect", &Params::dialect,
    "pillow: as torchvision on Pillow images; deepmind: as BYOL's code, not antialiased, floats")
      .choices({"pillow", "deepmind"});
}

RandomResizedCrop::RandomResizedCrop(const Params& params)
    : size_(params.size),
      filter_(params.filter()),
      deepmind_(params.dialect == "deepmind"),
      scale_(Range::checked("random_resized_crop", "scale", params.scale)),
      ratio_(Range::checked("random_resized_crop", "ratio", params.ratio)) {}

void RandomResizedCrop::apply(Image& image, Random& random) const {
  const Box box = draw(image, random);
  if (deepmind_) return resample_plainly(image, box, size_, size_, filter_);
  resample(image, box, size_, size_, filter_);
}

std::string RandomResizedCrop::describe_draw(const Image& image, Random random) const {
  return part(draw(image, random), image);
}

Box RandomResizedCrop::draw(const Image& image, Random& random) const {
  constexpr int tries = 10;
  const int height = image.height(), width = image.width();
  for (int i = 0; i < tries; ++i) {
    const double area = scale_.draw(random) * height * width;
    const double ratio = std::exp(random.uniform(std::log(ratio_.low), std::log(ratio_.high)));
    int w = rounded(std::sqrt(area * ratio)), h = rounded(std::sqrt(area / ratio));
    if (deepmind_) w = std::clamp(w, 1, width), h = std::clamp(h, 1, height);
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const auto top = static_cast<int>(random.integer(0, height - h));
    const auto left = static_cast<int>(random.integer(0, width - w));
    return {top, left, h, w};
  }
  return largest(height, width);
}

Box RandomResizedCrop::largest(int height, int width) const {
  const double ratio = static_cast<double>(width) / height;
  int w = width, h = height;
  if (ratio < ratio_.low) h = std::clamp(rounded(width / ratio_.low), 1, height);
  if (ratio > ratio_.high) w = std::clamp(rounded(height * ratio_.high), 1, width);
  return centred(h, w, height, width);
}

void Resize::apply(Image& image, Random&) const {
  const Size to = scaled(image);
  const Box whole{0, 0, image.height(), image.width()};
  if (to.height == whole.height && to.width == whole.width) return;
  resample(image, whole, to.height, to.width, filter_);
}

std::string Resize::describe_draw(const Image& image, Random) const {
  const Size to = scaled(image);
  return Log::join(image.width(), "x", image.height(), " to ", to.width, "x", to.height);
}

Resize::Size Resize::scaled(const Image& image) const {
  const int h = image.height(), w = image.width(), shorter = std::min(h, w);
  if (shorter == size_) return {h, w};
  const std::int64_t exact = std::int64_t{size_} * std::max(h, w) / shorter;
  if (exact > largest_side) {
    throw Error(ErrorKind::data, Log::join("resize: a picture of ", w, "x", h, " would become ",
                                           exact, " pixels long: crop it first, or leave it out"));
  }
  const auto longer = static_cast<int>(exact);
  return h <= w ? Size{size_, longer} : Size{longer, size_};
}

void CenterCrop::Params::declare(Fields<Params>& f) {
  f("size", &Params::size, "side of the result").range(1, largest_side).unit("px");
}

Box CenterCrop::box(const Image& image) const {
  return {middle(image.height(), size_), middle(image.width(), size_), size_, size_};
}

void CenterCrop::apply(Image& image, Random&) const {
  cut(image, box(image));
}

std::string CenterCrop::describe_draw(const Image& image, Random) const {
  return part(box(image), image);
}

void RandomShift::Params::declare(Fields<Params>& f) {
  f("max", &Params::max, "largest move in each direction").range(0, largest_side).unit("px");
}

void RandomShift::apply(Image& image, Random& random) const {
  const auto [down, right] = draw(random);
  if (down == 0 && right == 0) return;
  cut(image, {-down, -right, image.height(), image.width()});
}

std::string RandomShift::describe_draw(const Image&, Random random) const {
  const auto [down, right] = draw(random);
  return Log::join("down ", down, ", right ", right);
}

RandomShift::Move RandomShift::draw(Random& random) const {
  const auto down = static_cast<int>(random.integer(-max_, max_));
  const auto right = static_cast<int>(random.integer(-max_, max_));
  return {down, right};
}

}  // namespace tandem::image
