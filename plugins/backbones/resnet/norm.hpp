#pragma once

#include "tandem/sdk/exportable.hpp"
#include "tandem/sdk/fused_norm.hpp"

#include <c10/util/FunctionRef.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

namespace resnet {

struct NormOptions {
  enum Kind {
    batch,   ///< by the batch's statistics in training, by running ones otherwise
    group,   ///< by each sample's own, over groups of channels (Wu and He 2018)
    frozen,  ///< by running statistics that never move, weight and bias fixed too
  } kind = batch;
  std::int64_t groups = 32;  ///< at most, of `group`
};

/// As many groups as `most`, or else the next fewer that divide the channels and leave two or more
/// in each: a channel alone in its group would have no value left on a map of one pixel.
std::int64_t groups_of(std::int64_t channels, std::int64_t most);

/// A normalisation of maps, its tensors named as BatchNorm's.
class NormImpl : public torch::nn::Module {
 public:
  NormImpl(std::int64_t channels, const NormOptions& options);
  at::Tensor forward(const at::Tensor& x);
  /// relu(forward(x) + residual), the residual undefined for none.
  at::Tensor forward_relu(const at::Tensor& x, const at::Tensor& residual);
  /// `use(forward_relu(x, {}))`, as tandem::batch_norm_relu_then has it.
  at::Tensor forward_relu_then(const at::Tensor& x,
                               c10::function_ref<at::Tensor(const at::Tensor&)> use);
  /// In eval mode. Throws tandem::Error(usage) for groups, which a graph has no operation for.
  tandem::GraphBatchNorm described() const;

  at::Tensor weight, bias;

 private:
  at::Tensor grouped(const at::Tensor& x) const;
  tandem::BatchNormState begin_batch(const at::Tensor& x);
  NormOptions options_;
  at::Tensor running_mean_, running_var_, num_batches_tracked_;
};
TORCH_MODULE(Norm);

}  // namespace resnet
