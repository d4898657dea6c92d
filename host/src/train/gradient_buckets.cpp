#include "train/gradient_buckets.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

namespace tandem::train {
namespace {

constexpr std::int64_t small = 1 << 20;

/// How many of the first parameters fit into one bucket.
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

}  // namespace

std::vector<Bucket> buckets_of(std::span<const TrainedParameter> parameters, std::int64_t most) {
  std::vector<Bucket> buckets;
  if (parameters.empty()) return buckets;
  const std::size_t last = bucket_length(parameters, std::min(small, most));
  std::vector<TrainedParameter> order(parameters.rbegin(), parameters.rend());
  std::span<const TrainedParameter> rest(order);
  rest = rest.first(order.size() - last);
  while (!rest.empty()) {
    const auto length = bucket_length(rest, buckets.empty() ? std::min(small, most) : most);
    buckets.emplace_back(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(length));
    rest = rest.subspan(length);
  }
  buckets.emplace_back(order.end() - static_cast<std::ptrdiff_t>(last), order.end());
  return buckets;
}

at::Tensor packed(const Bucket& bucket, bool flag) {
  const at::NoGradGuard no_grad;
  const auto options = bucket.front().tensor.options().requires_grad(false);
  std::vector<at::Tensor> parts;
  std::vector<double> marks;
  for (const auto& parameter : bucket) {
    const at::Tensor& grad = parameter.tensor.grad();
    marks.push_back(grad.defined() ? 1 : 0);
    parts.push_back(grad.defined() ? grad.detach().reshape(-1)
                                   : at::zeros({parameter.tensor.numel()}, options));
  }
  marks.push_back(flag ? 1 : 0);
  parts.push_back(at::tensor(marks, options));
  return at::cat(parts).to(at::kCPU);
}

bool flagged(const at::Tensor& sums) {
  return sums[-1].item<double>() > 0;
}

void unpack(const at::Tensor& sums, const Bucket& bucket, double ranks) {
  const at::NoGradGuard no_grad;
  const auto count = static_cast<std::int64_t>(bucket.size());
  const at::Tensor used = sums.narrow(0, sums.numel() - count - 1, count).to(at::kDouble);
  const at::Tensor there = sums.to(bucket.front().tensor.device());
  std::int64_t first = 0;
  for (std::size_t i = 0; i < bucket.size(); ++i) {
    const at::Tensor& tensor = bucket[i].tensor;
    const at::Tensor sum = there.narrow(0, first, tensor.numel());
    first += tensor.numel();
    if (used[static_cast<std::int64_t>(i)].item<double>() == 0) continue;
    at::Tensor& grad = tensor.mutable_grad();
    if (!grad.defined()) grad = at::zeros_like(tensor);
    grad.copy_(sum.view(tensor.sizes()));
    grad.div_(ranks);
  }
}

}  // namespace tandem::train
