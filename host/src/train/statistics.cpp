#include "train/statistics.hpp"

#include <ATen/core/grad_mode.h>

namespace tandem::train {

namespace {

std::vector<at::Tensor> running_values(const std::vector<Stateful*>& objects) {
  std::vector<at::Tensor> tensors;
  for (Stateful* object : objects) {
    for (const auto& item : state_of(*object).buffers)
      if (item.tensor.dim() <= 1) tensors.push_back(item.tensor);
  }
  return tensors;
}

}  // namespace

void Statistics::keep(const std::vector<Stateful*>& objects) {
  objects_ = objects;
  const auto tensors = running_values(objects_);
  values_.resize(tensors.size());
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].defined() && values_[i].sizes() == tensors[i].sizes() &&
        values_[i].scalar_type() == tensors[i].scalar_type())
      values_[i].copy_(tensors[i]);
    else
      values_[i] = tensors[i].detach().clone();
  }
}

void Statistics::restore() {
  const at::NoGradGuard no_grad;
  const auto tensors = running_values(objects_);
  for (std::size_t i = 0; i < values_.size(); ++i) tensors.at(i).copy_(values_[i]);
}

}  // namespace tandem::train
