#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace tandem::eval {

struct ShiftOptions {
  std::int64_t pixels = 3;  ///< the greatest move along each axis; a series has one
  std::uint64_t seed = 0;
};

/// Pictures (N, C, H, W), each moved by its own whole number of pixels along both axes, drawn
/// evenly from −pixels … pixels; what is laid bare is `fill`, one value a channel. The move of a
/// picture depends on the seed and its number in the set: `first_index` is the number of the first
/// one here. The result has the type, the device and the memory layout of the argument.
at::Tensor shift_pictures(const at::Tensor& pictures, std::span<const double> fill,
                          std::int64_t first_index, const ShiftOptions& options = {});

}  // namespace tandem::eval
