#pragma once

#include "train/parallel.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <initializer_list>

namespace tandem::train {

/// Whether the tensors can be walked side by side as plain arrays: float or double on the CPU, all
/// of one type and shape, without gaps, and in one order in memory (channels-last or any other).
bool walk_together(std::initializer_list<const at::Tensor*> tensors);

/// Tells autograd that a tensor was changed behind its back.
void mark_changed(const at::Tensor& tensor);

/// Calls `work` with a null pointer of the tensor's element type, float or double.
template <class Work>
void with_element_type(const at::Tensor& tensor, const Work& work) {
  if (tensor.scalar_type() == at::kDouble) {
    work(static_cast<double*>(nullptr));
  } else {
    work(static_cast<float*>(nullptr));
  }
}

}  // namespace tandem::train
