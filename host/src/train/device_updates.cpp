#include "train/device_updates.hpp"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <ATen/ops/stack.h>

#include <algorithm>

namespace tandem::train {
namespace {

/// One number a step.
template <class Step, class Number>
std::vector<at::Scalar> numbers(std::span<const Step> steps, const Number& number) {
  std::vector<at::Scalar> list;
  for (const Step& step : steps) list.emplace_back(number(step));
  return list;
}

template <class Step, class Number>
std::vector<double> decays(std::span<const Step> steps, const Number& number) {
  std::vector<double> list;
  for (const Step& step : steps) list.push_back(number(step));
  return list;
}

}  // namespace

Tensors decayed(const Tensors& grads, const Tensors& values, std::span<const double> decays) {
  if (std::all_of(decays.begin(), decays.end(), [](double decay) { return decay == 0; }))
    return grads;
  Tensors sums = at::_foreach_mul(values, std::vector<at::Scalar>(decays.begin(), decays.end()));
  at::_foreach_add_(sums, grads);
  return sums;
}

void momentum_together(const Tensors& values, const Tensors& grads, const Tensors& buffers,
                       std::span<const MomentumStep> steps) {
  const double momentum = steps.front().momentum;
  Tensors d = decayed(grads, values, decays(steps, [](const auto& s) { return s.weight_decay; }));
  d = at::_foreach_mul(d, numbers(steps, [](const auto& s) { return s.scale; }));
  at::_foreach_mul_(buffers, momentum);
  at::_foreach_add_(buffers, d);
  if (steps.front().nesterov)
    at::_foreach_add_(d, buffers, momentum);
  else
    d = buffers;
  at::_foreach_add_(values, at::_foreach_mul(d, numbers(steps, [](auto& s) { return -s.lr; })));
}

void adam_together(const Tensors& values, const Tensors& grads, const Tensors& means,
                   const Tensors& squares, std::span<const AdamStep> steps) {
  const AdamStep& all = steps.front();
  const Tensors d = decayed(grads, values, decays(steps, [](const auto& s) { return s.l2; }));
  at::_foreach_lerp_(means, d, 1 - all.beta1);
  at::_foreach_mul_(squares, all.beta2);
  at::_foreach_addcmul_(squares, d, d, 1 - all.beta2);
  at::_foreach_mul_(values, numbers(steps, [](const auto& s) { return s.shrink; }));
  const Tensors below = at::_foreach_sqrt(squares);
  at::_foreach_div_(below, numbers(steps, [](const auto& s) { return s.root; }));
  at::_foreach_add_(below, all.eps);
  at::_foreach_addcdiv_(values, means, below, numbers(steps, [](auto& s) { return -s.rate; }));
}

std::vector<double> lengths(const Tensors& tensors) {
  if (tensors.empty()) return {};
  const at::Tensor all = at::stack(at::_foreach_norm(tensors)).to(at::kCPU, at::kDouble);
  const double* const first = all.const_data_ptr<double>();
  return {first, first + all.numel()};
}

}  // namespace tandem::train
