#include "norm.hpp"

#include "ops.hpp"
#include "tandem/base/error.hpp"

#include <ATen/Context.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/group_norm.h>
#include <torch/types.h>

#include <algorithm>

namespace resnet {
namespace {

constexpr double eps = 1e-5;
constexpr double momentum = 0.1;

}  // namespace

std::int64_t groups_of(std::int64_t channels, std::int64_t most) {
  std::int64_t groups = std::clamp<std::int64_t>(channels / 2, 1, most);
  while (channels % groups != 0) --groups;
  return groups;
}

NormImpl::NormImpl(std::int64_t channels, const NormOptions& options) : options_(options) {
  weight = torch::ones({channels});
  bias = torch::zeros({channels});
  if (options_.kind == NormOptions::frozen) {
    register_buffer("weight", weight);
    register_buffer("bias", bias);
  } else {
    register_parameter("weight", weight);
    register_parameter("bias", bias);
  }
  if (options_.kind == NormOptions::group) return;
  running_mean_ = register_buffer("running_mean", torch::zeros({channels}));
  running_var_ = register_buffer("running_var", torch::ones({channels}));
  num_batches_tracked_ = register_buffer("num_batches_tracked", torch::zeros({}, at::kLong));
}

at::Tensor NormImpl::grouped(const at::Tensor& x) const {
  return at::group_norm(x, groups_of(x.size(1), options_.groups), weight, bias, eps);
}

tandem::BatchNormState NormImpl::begin_batch(const at::Tensor& x) {
  const bool training = is_training() && options_.kind == NormOptions::batch;
  const std::int64_t parts = tandem::BatchNormParts::of(x.size(0));
  if (training) num_batches_tracked_ += parts;
  TORCH_CHECK(!training || x.numel() != parts * x.size(1),
              "Expected more than 1 value per channel when training, got input size ", x.sizes());
  return {weight, bias, running_mean_, running_var_, training, momentum, eps};
}

at::Tensor NormImpl::forward(const at::Tensor& x) {
  if (options_.kind == NormOptions::group) return grouped(x);
  const auto norm = begin_batch(x);
  return at::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_var,
                        norm.training, norm.momentum, norm.eps,
                        at::globalContext().userEnabledCuDNN());
}

at::Tensor NormImpl::forward_relu(const at::Tensor& x, const at::Tensor& residual) {
  if (options_.kind != NormOptions::group)
    return tandem::batch_norm_relu(x, begin_batch(x), residual);
  at::Tensor y = grouped(x);
  if (residual.defined()) y += residual;
  return y.relu_();
}

at::Tensor NormImpl::forward_relu_then(const at::Tensor& x,
                                       c10::function_ref<at::Tensor(const at::Tensor&)> use) {
  if (options_.kind == NormOptions::group) return use(forward_relu(x, {}));
  return tandem::batch_norm_relu_then(x, begin_batch(x), use);
}

tandem::GraphBatchNorm NormImpl::described() const {
  if (options_.kind == NormOptions::group)
    throw tandem::Error(tandem::ErrorKind::usage,
                        "a ResNet with norm = \"group\" cannot be described as a graph, which has "
                        "no such operation (ONNX needs norm = \"batch\" or \"frozen\"); "
                        "--format safetensors writes its weights");
  return {weight, bias, running_mean_, running_var_, eps};
}

at::Tensor TensorOps::norm(const Norm& norm, const at::Tensor& x) const {
  return norm.ptr()->forward(x);
}

at::Tensor TensorOps::norm_relu(const Norm& norm, const at::Tensor& x,
                                const at::Tensor& residual) const {
  return norm.ptr()->forward_relu(x, residual);
}

tandem::GraphValue GraphOps::norm(const Norm& norm, tandem::GraphValue x) const {
  return graph.batch_norm(x, norm->described());
}

}  // namespace resnet
