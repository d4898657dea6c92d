#pragma once

#include "resample.hpp"

#include <string>

namespace tandem::image {

/// How operations tell what they draw.
inline constexpr const char* applied = "applied";
inline constexpr const char* not_applied = "not applied";

/// The shortest text that reads back as the same number of single precision, in which the loops
/// over pixels compute: whoever has it can do the same.
std::string number(double value);

/// "top 12, left 30, width 96, height 85 of 224x224", of an image that is 224 wide and high.
std::string part(const Box& box, const Image& image);

}  // namespace tandem::image
