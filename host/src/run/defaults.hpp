#pragma once

#include "data/view.hpp"

#include <string>

namespace tandem::run {

/// The configuration for a data set whose typical picture has this shape, as TOML: the layer below
/// whatever a person writes. Small pictures get small crops and a stem without stride, large ones
/// the official recipe's views.
std::string default_toml(const data::Shape& picture);

/// The side of the square crops for pictures of this shape, in pixels.
int default_crop(const data::Shape& picture);

}  // namespace tandem::run
