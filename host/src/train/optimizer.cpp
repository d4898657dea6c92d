#include "train/optimizer.hpp"

#include "tandem/base/error.hpp"
#include "train/device_updates.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <utility>

namespace tandem::train {
namespace {

double scaled_by_batch(double lr, const OptimizerOptions& options, std::int64_t global_batch) {
  if (options.lr_per == 0) return lr;
  if (global_batch <= 0)
    throw Error(ErrorKind::internal, "lr_per needs the size of the global batch");
  return lr * static_cast<double>(global_batch) / static_cast<double>(options.lr_per);
}

}  // namespace

Optimizer::Optimizer(std::vector<TrainedParameter> parameters, const OptimizerOptions& options,
                     std::int64_t global_batch, StateKind kind)
    : parameters_(std::move(parameters)),
      kind_(std::move(kind)),
      lr_(scaled_by_batch(options.lr, options, global_batch)),
      bias_lr_(options.bias_lr < 0 ? lr_
                                   : scaled_by_batch(options.bias_lr, options, global_batch)) {
  const at::NoGradGuard no_grad;
  for (const TrainedParameter& parameter : parameters_) {
    slots_.push_back(make_slot(parameter, options));
  }
}

Optimizer::~Optimizer() = default;

Optimizer::Slot Optimizer::make_slot(const TrainedParameter& parameter,
                                     const OptimizerOptions& options) const {
  Slot slot;
  slot.value = parameter.tensor;
  for (std::size_t i = 0; i < kind_.names.size(); ++i) {
    slot.state.push_back(at::zeros_like(parameter.tensor));
  }
  if (kind_.steps) slot.steps = at::zeros({}, at::kLong);
  slot.excluded = parameter.is_bias_or_norm && !options.decay_bias_norm;
  slot.weight_decay = slot.excluded ? 0 : options.weight_decay;
  return slot;
}

void Optimizer::zero_grad() {
  for (Slot& slot : slots_) slot.value.mutable_grad().reset();
}

void Optimizer::step(double factor) {
  const at::NoGradGuard no_grad;
  std::vector<Update> rest;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const at::Tensor& grad = slots_[i].value.grad();
    if (!grad.defined()) continue;
    const double lr = parameters_[i].is_bias_or_norm ? bias_lr_ : lr_;
    const Update update{slots_[i], grad, parameters_[i].constant_lr ? lr : lr * factor};
    if (!walk(update)) rest.push_back(update);
  }
  if (!rest.empty()) update_together(rest);
}

double Optimizer::gradient_norm() const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> grads;
  for (const Slot& slot : slots_)
    if (slot.value.grad().defined()) grads.push_back(slot.value.grad());
  double sum = 0;
  for (const double length : lengths(grads)) sum += length * length;
  return std::sqrt(sum);
}

void Optimizer::visit(StateVisitor& visitor) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const std::string& name = parameters_[i].name;
    for (std::size_t k = 0; k < kind_.names.size(); ++k) {
      visitor.buffer(name + "." + kind_.names[k], slots_[i].state[k]);
    }
    if (kind_.steps) visitor.buffer(name + ".step", slots_[i].steps);
  }
}

}  // namespace tandem::train
