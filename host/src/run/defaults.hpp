#pragma once

#include "data/view.hpp"

#include <string>

namespace tandem::run {

inline constexpr const char* default_backbone = "resnet18";

/// The configuration for a data set whose typical picture has this shape, as TOML: the layer below
/// whatever a person writes. Small pictures get small crops and a stem without stride, large ones
/// the official recipe's views. `backbone` is one that has a `stem` to choose.
std::string default_toml(const data::Shape& picture, const std::string& backbone);

/// The side of the square crops for pictures of this shape, in pixels.
int default_crop(const data::Shape& picture);

}  // namespace tandem::run
