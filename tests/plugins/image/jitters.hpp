#pragma once

#include "ops.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

/// Jitters that take given steps: their strengths are found for which the draws are the steps'.
namespace jitters {

/// In the order of a jitter's draws.
inline const std::array<std::string, 4> names = {"brightness", "contrast", "saturation", "hue"};
constexpr std::size_t hue = 3;

/// A step of a jitter: one of `names` and its factor.
struct Step {
  std::size_t quality;
  double factor;
};

/// As an operation tells them.
std::string text_of(const std::vector<Step>& steps);

/// What the jitter of a dialect that takes these steps makes of a picture.
tandem::Image jittered(const tandem::Image& picture, const std::vector<Step>& steps,
                       const std::string& dialect = "pillow");

}  // namespace jitters
