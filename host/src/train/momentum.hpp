#pragma once

#include "train/kernels.hpp"

#include <ATen/core/Tensor.h>

namespace tandem::train {

/// One momentum step of a whole parameter: `momentum_step` on its memory where that can be walked,
/// else the same by LibTorch's operations. Call without a graph.
void apply_momentum(const at::Tensor& value, const at::Tensor& grad, const at::Tensor& buffer,
                    const MomentumStep& step);

}  // namespace tandem::train
