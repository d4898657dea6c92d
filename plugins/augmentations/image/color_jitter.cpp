#include "color_jitter.hpp"

#include "draw_text.hpp"
#include "jitter_deepmind.hpp"
#include "jitter_matrix.hpp"
#include "jitter_steps.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace tandem::image {
namespace {

constexpr std::array<const char*, 4> names = {"brightness", "contrast", "saturation", "hue"};

std::array<Quality, 4> draw_order(Random& random) {
  std::array<Quality, 4> order = {brightness, contrast, saturation, hue};
  for (std::size_t i = 3; i > 0; --i) {
    std::swap(order[i],
              order[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(i)))]);
  }
  return order;
}

Range around_one(double x) {
  return {std::max(0.0, 1 - x), 1 + x};
}

}  // namespace

/// What is done to a picture, step by step; nothing where it is left as it is.
struct ColorJitter::Draw {
  std::array<JitterStep, 4> places{};
  std::size_t count = 0;

  std::span<const JitterStep> steps() const { return std::span(places).first(count); }
};

void ColorJitter::Params::declare(Fields<Params>& f) {
  f("brightness", &Params::brightness, "largest change of brightness; 1 may end in black").min(0);
  f("contrast", &Params::contrast, "largest change of contrast; 1 may end in grey").min(0);
  f("saturation", &Params::saturation, "largest change of saturation; 1 may end in grey").min(0);
  f("hue", &Params::hue, "largest turn of the hue, as a share of the circle").range(0, 0.5);
  f("dialect", &Params::dialect,
    "pillow: as torchvision on Pillow images; deepmind: as BYOL's code; opencv-fast: one matrix")
      .choices({"pillow", "deepmind", "opencv-fast"});
  f("p", &Params::p, "probability").range(0, 1);
}

ColorJitter::ColorJitter(const Params& params)
    : dialect_(params.dialect == "pillow"     ? Dialect::pillow
               : params.dialect == "deepmind" ? Dialect::deepmind
                                              : Dialect::matrix),
      ranges_{around_one(params.brightness),
              around_one(params.contrast),
              around_one(params.saturation),
              {-params.hue, params.hue}},
      p_(params.p) {
  if (dialect_ != Dialect::deepmind) return;
  ranges_ = {Range{-params.brightness, params.brightness},
             Range{1 - params.contrast, 1 + params.contrast},
             Range{1 - params.saturation, 1 + params.saturation}, ranges_[hue]};
}

void ColorJitter::apply(Image& image, Random& random) const {
  const Draw drawn = draw(image, random);
  if (dialect_ == Dialect::deepmind) return take_deepmind_steps(image, drawn.steps());
  if (dialect_ == Dialect::matrix && image.channels() == 3)
    return take_steps_by_matrix(image, drawn.steps());
  take_steps(image, drawn.steps());
}

std::string ColorJitter::describe_draw(const Image& image, Random random) const {
  const Draw drawn = draw(image, random);
  std::string text;
  for (const auto& [quality, value] : drawn.steps()) {
    if (!text.empty()) text += ", ";
    text += names[quality] + (' ' + number(value));
  }
  return text.empty() ? not_applied : text;
}

ColorJitter::Draw ColorJitter::draw(const Image& image, Random& random) const {
  Draw drawn;
  if (!random.chance(p_) || image.values() == 0) return drawn;
  const std::array<Quality, 4> order = draw_order(random);
  std::array<float, 4> values{};
  for (const Quality quality : {brightness, contrast, saturation, hue})
    values[quality] = static_cast<float>(ranges_[quality].draw(random));
  const bool coloured = image.channels() == 3;
  // Values that change nothing.
  const std::array<float, 4> neutral = {dialect_ == Dialect::deepmind ? 0.0f : 1.0f, 1, 1, 0};
  for (const Quality quality : order) {
    const bool possible = coloured || quality == brightness || quality == contrast;
    if (possible && values[quality] != neutral[quality])
      drawn.places[drawn.count++] = {quality, values[quality]};
  }
  return drawn;
}

}  // namespace tandem::image
