#pragma once

#include <ATen/core/Tensor.h>

/// Convolutions with stride 2, of 3×3 taps with a padding of 1 or of 1×1 without, no bias, as sums
/// of products in the order of the taps, forward and in both gradients, for float32 on processors
/// with AVX2 and FMA. A picture's result depends neither on the others of its batch nor on the
/// number of threads.
namespace resnet {

/// Whether it computes this one, stride and padding being as above. Otherwise, and under autocast,
/// ask LibTorch. Depends on shapes, types, memory format, the processor, and
/// whether x has a gradient.
bool strided_suits(const at::Tensor& x, const at::Tensor& weight);

/// x [N, C, H, W], channels-last, with weight [K, C, 3, 3] or [K, C, 1, 1] gives [N, K, (H + 1) /
/// 2, (W + 1) / 2], channels-last. Differentiable; a gradient of a gradient is LibTorch's. Only
/// where `strided_suits`.
at::Tensor strided_convolution(const at::Tensor& x, const at::Tensor& weight);

}  // namespace resnet
