#pragma once

#include "data/view.hpp"

#include <cstdint>
#include <string>

namespace tandem::run {

inline constexpr const char* default_backbone = "resnet18";
inline constexpr const char* default_objective = "barlow_twins";

/// What the defaults are to suit.
struct Given {
  data::Shape picture;                      ///< a typical one
  std::int64_t count = 1 << 20;             ///< of pictures
  std::string backbone = default_backbone;  ///< one that has a `stem` to choose
  std::string objective = default_objective;
};

/// The layer below whatever a person writes, as TOML. Small pictures get small crops and a stem
/// without stride, large ones the official recipes' views and a batch that fits into 8 GB; an
/// objective gets the learning rate and the views of its own recipe.
std::string default_toml(const Given& given);

/// The side of the square crops for pictures of this shape, in pixels.
int default_crop(const data::Shape& picture);

}  // namespace tandem::run
