#include "all_ops.hpp"

namespace ops {

using namespace tandem;

namespace {

ParamValue whole(int value) {
  return std::int64_t{value};
}

ParamValue word(const char* text) {
  return std::string(text);
}

Named jitter(const char* dialect) {
  return {std::string("color_jitter, ") + dialect,
          make("color_jitter", {{"brightness", 0.4},
                                {"contrast", 0.4},
                                {"saturation", 0.4},
                                {"hue", 0.1},
                                {"dialect", word(dialect)}})};
}

Named blur(const char* method) {
  return {std::string("gaussian_blur, ") + method,
          make("gaussian_blur", {{"method", word(method)}})};
}

}  // namespace

std::vector<Named> all(int side) {
  const char* const crop = "random_resized_crop";
  return {
      {crop, make(crop, {{"size", whole(side)}})},
      {"bilinear", make(crop, {{"size", whole(side)}, {"interpolation", word("bilinear")}})},
      {makes_floats, make(crop, {{"size", whole(side)}, {"dialect", word("deepmind")}})},
      {"resize", make("resize", {{"size", whole(side)}})},
      {"center_crop", make("center_crop", {{"size", whole(side)}})},
      {"random_shift", make("random_shift", {{"max", whole(3)}})},
      {"horizontal_flip", make("horizontal_flip", {{"p", 1.0}})},
      jitter("pillow"),
      jitter("deepmind"),
      jitter("opencv-fast"),
      {"grayscale", make("grayscale", {{"p", 1.0}})},
      {"solarize", make("solarize", {{"p", 1.0}})},
      blur("pillow"),
      blur("gaussian"),
      blur("deepmind"),
      {"random_erasing", make("random_erasing", {{"p", 1.0}})},
      {"random_erasing, random", make("random_erasing", {{"p", 1.0}, {"value", word("random")}})},
      {"noise", make("noise")}};
}

}  // namespace ops
