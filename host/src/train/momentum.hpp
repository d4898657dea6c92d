#pragma once

#include "train/kernels.hpp"

#include <ATen/core/Tensor.h>

namespace tandem::train {

/// One momentum step of a whole parameter by `momentum_step` on its memory. False, and nothing
/// done, where that cannot be walked. Call without a graph.
bool walk_momentum(const at::Tensor& value, const at::Tensor& grad, const at::Tensor& buffer,
                   const MomentumStep& step);

}  // namespace tandem::train
