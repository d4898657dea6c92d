#include "train/statistics.hpp"

#include <ATen/core/grad_mode.h>

namespace tandem::train {

void Statistics::keep(const std::vector<Stateful*>& objects) {
  tensors_.clear();
  for (Stateful* object : objects) {
    for (const auto& item : state_of(*object).buffers)
      if (item.tensor.dim() <= 1) tensors_.push_back(item.tensor);
  }
  values_.resize(tensors_.size());
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].defined() && values_[i].sizes() == tensors_[i].sizes() &&
        values_[i].scalar_type() == tensors_[i].scalar_type())
      values_[i].copy_(tensors_[i]);
    else
      values_[i] = tensors_[i].detach().clone();
  }
}

void Statistics::restore() {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < values_.size(); ++i) tensors_[i].copy_(values_[i]);
}

}  // namespace tandem::train
