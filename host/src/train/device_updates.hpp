#pragma once

#include "train/kernels.hpp"

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

namespace tandem::train {

/// Parameters side by side, each with what goes with it at the same place of the other lists.
using Tensors = std::vector<at::Tensor>;

/// `momentum_step` of many parameters by LibTorch's operations on lists: few kernels on a device,
/// and any type and layout. `steps` differ in rate, decay and scale alone. Call without a graph.
void momentum_together(const Tensors& values, const Tensors& grads, const Tensors& buffers,
                       std::span<const MomentumStep> steps);

/// Likewise `adam_step`; `steps` differ in decay, rate and root alone.
void adam_together(const Tensors& values, const Tensors& grads, const Tensors& means,
                   const Tensors& squares, std::span<const AdamStep> steps);

/// grads + decays·values.
Tensors decayed(const Tensors& grads, const Tensors& values, std::span<const double> decays);

/// The Euclidean lengths, read from the device at once.
std::vector<double> lengths(const Tensors& tensors);

}  // namespace tandem::train
