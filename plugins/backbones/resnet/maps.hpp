#pragma once

#include "vectors.hpp"

#include <ATen/Functions.h>
#include <c10/core/CPUAllocator.h>
#include <torch/csrc/autograd/variable.h>

#include <cstddef>

/// What the convolutions written here share about tensors and memory.
namespace resnet {

inline bool plain_float(const at::Tensor& t) {
  return t.dim() == 4 && t.scalar_type() == at::kFloat && t.is_cpu() &&
         t.layout() == at::kStrided && t.numel() > 0;
}

inline at::Tensor channels_last(const at::Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

/// What the gradients of a convolution with a padding of half its side are where they are to be
/// differentiated again: LibTorch's, undefined where they are not wanted.
inline torch::autograd::variable_list differentiable_gradients(const at::Tensor& dy,
                                                               const at::Tensor& x,
                                                               const at::Tensor& weight,
                                                               Size stride, bool want_x,
                                                               bool want_weight) {
  const Size padding = weight.size(2) / 2;
  const auto [dx, dw, none] =
      at::convolution_backward(dy, x, weight, c10::nullopt, {stride, stride}, {padding, padding},
                               {1, 1}, false, {0, 0}, 1, {want_x, want_weight, false});
  return {dx, dw};
}

inline c10::DataPtr scratch_of(Size floats) {
  return c10::GetCPUAllocator()->allocate(static_cast<std::size_t>(floats) * sizeof(float));
}

inline float* floats_of(const c10::DataPtr& memory) {
  return static_cast<float*>(memory.get());
}

}  // namespace resnet
