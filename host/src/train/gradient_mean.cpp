#include "train/gradient_mean.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <vector>

namespace tandem::train {
namespace {

/// How many of the parameters go into one message: of one type, and of so many bytes unless one
/// alone is larger.
std::size_t bucket_length(std::span<const TrainedParameter> parameters, std::int64_t most) {
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor& tensor = parameters[i].tensor;
    bytes += static_cast<std::int64_t>(tensor.nbytes());
    const bool fits = tensor.scalar_type() == parameters.front().tensor.scalar_type() &&
                      tensor.device() == parameters.front().tensor.device();
    if (i > 0 && (!fits || bytes > most)) return i;
  }
  return parameters.size();
}

/// All gradients one after the other, then how many ranks (here: 0 or 1) have each.
at::Tensor packed(std::span<const TrainedParameter> parameters) {
  const auto options = parameters.front().tensor.options().requires_grad(false);
  std::vector<at::Tensor> parts;
  std::vector<double> used;
  for (const auto& parameter : parameters) {
    const at::Tensor& grad = parameter.tensor.grad();
    used.push_back(grad.defined() ? 1 : 0);
    parts.push_back(grad.defined() ? grad.detach().reshape(-1)
                                   : at::zeros({parameter.tensor.numel()}, options));
  }
  parts.push_back(at::tensor(used, options));
  return at::cat(parts);
}

void unpack(const at::Tensor& sums, std::span<const TrainedParameter> parameters, double ranks) {
  const auto count = static_cast<std::int64_t>(parameters.size());
  const at::Tensor used = sums.narrow(0, sums.numel() - count, count).to(at::kCPU, at::kDouble);
  std::int64_t first = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor& tensor = parameters[i].tensor;
    const at::Tensor sum = sums.narrow(0, first, tensor.numel());
    first += tensor.numel();
    if (used[static_cast<std::int64_t>(i)].item<double>() == 0) continue;
    at::Tensor& grad = tensor.mutable_grad();
    if (!grad.defined()) grad = at::zeros_like(tensor);
    grad.copy_(sum.view(tensor.sizes()));
    grad.div_(ranks);
  }
}

}  // namespace

void average_gradients(Collective& collective, std::span<const TrainedParameter> parameters,
                       std::int64_t bucket_bytes) {
  if (collective.size() == 1) return;
  const at::NoGradGuard no_grad;
  while (!parameters.empty()) {
    const auto bucket = parameters.first(bucket_length(parameters, bucket_bytes));
    unpack(collective.all_reduce_sum(packed(bucket)), bucket, collective.size());
    parameters = parameters.subspan(bucket.size());
  }
}

}  // namespace tandem::train
