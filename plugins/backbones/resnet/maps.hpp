#pragma once

#include "vectors.hpp"

#include <ATen/core/Tensor.h>
#include <c10/core/CPUAllocator.h>

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

inline c10::DataPtr scratch_of(Size floats) {
  return c10::GetCPUAllocator()->allocate(static_cast<std::size_t>(floats) * sizeof(float));
}

inline float* floats_of(const c10::DataPtr& memory) {
  return static_cast<float*>(memory.get());
}

}  // namespace resnet
