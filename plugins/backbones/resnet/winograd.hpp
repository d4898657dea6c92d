#pragma once

#include <ATen/core/Tensor.h>

/// 3×3 convolutions with stride 1, a padding of 1, no bias, by Winograd's minimal filtering: a
/// third to a quarter of the multiplications, forward and in both gradients, for float32 on
/// processors with AVX2 and FMA. Rounding errors are of the size of LibTorch's own (README). A
/// picture's result depends neither on the others of its batch nor on the number of threads.
namespace resnet {

/// Whether it can compute this one, and with fewer multiplications. Otherwise, and under autocast,
/// ask LibTorch. Depends on shapes, types, memory format and the processor alone.
bool winograd_suits(const at::Tensor& x, const at::Tensor& weight);

/// x [N, C, H, W], channels-last, with weight [K, C, 3, 3] gives [N, K, H, W], channels-last.
/// Differentiable; a gradient of a gradient is LibTorch's. Only where `winograd_suits`.
at::Tensor winograd_convolution(const at::Tensor& x, const at::Tensor& weight);

}  // namespace resnet
