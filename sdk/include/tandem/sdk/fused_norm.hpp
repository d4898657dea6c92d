#pragma once

#include "tandem/base/export.hpp"

#include <ATen/core/Tensor.h>
#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace tandem {

/// BatchNorm of maps (N, C, H, W), as LibTorch's batch_norm takes it.
struct BatchNormState {
  at::Tensor weight, bias;               ///< (C), or undefined: 1 and 0
  at::Tensor running_mean, running_var;  ///< (C), or undefined: none; moved in training
  bool training = true;  ///< normalises by the batch's statistics, otherwise by the running ones
  double momentum = 0.1;
  double eps = 1e-5;
};

/// relu(batch_norm(x) + residual), the residual (undefined: none) of x's shape.
///
/// In training, on the CPU, with maps of float32 or bfloat16 in channels-last memory and all else
/// in float32, as arithmetic is, one pass over memory finds the statistics and one writes the
/// result; the gradient takes two passes and no memory but its own. Statistics and sums are
/// totalled in double, over rows that are shared out alike for any number of threads: the same bits
/// for each. There is no second derivative of that: a backward pass with `create_graph` throws
/// Error(usage). Everything else, and all work within a PlainBatchNorm, is done by LibTorch's own
/// operations.
///
/// Throws c10::Error where x, or a part of it (BatchNormParts), has one value a channel in
/// training, as torch::nn::BatchNorm2d does. [any thread; not two at a time with the same running
/// values]
TANDEM_API at::Tensor batch_norm_relu(const at::Tensor& x, const BatchNormState& norm,
                                      const at::Tensor& residual = {});

/// `use(relu(batch_norm(x)))`, in less memory: where the normalisation is fused as above, the maps
/// that `use` was given are given back once it is done, and computed from x again, to the same
/// bits, when the gradient of its result arrives: one more pass over them instead of their memory
/// from the forward pass to the backward one. A convolution, pooling or block of layers is such a
/// `use`: it may save the maps for its gradient, but neither keep nor change them, nor begin with
/// another `batch_norm_relu_then` of these very maps; and nobody may change x until the backward
/// pass. Where that is not kept, a c10::Error says so.
///
/// Without a graph, and where the result is a view, they stay as they are.
/// Throws what `batch_norm_relu` and `use` throw. [as batch_norm_relu; calls `use` once]
TANDEM_API at::Tensor batch_norm_relu_then(const at::Tensor& x, const BatchNormState& norm,
                                           c10::function_ref<at::Tensor(const at::Tensor&)> use);

/// While one lives, BatchNorm in training mode that this thread runs takes a batch for so many of
/// one size, one after another in its rows: statistics are each one's own, and running values move
/// once for each, in that order. So views pass a network as one batch. `batch_norm_relu` does it,
/// and the host has LibTorch's own kernel do it; other layers know nothing of it. A batch whose
/// rows are no multiple of the number is one batch. [any thread; scopes may nest]
class TANDEM_API BatchNormParts {
 public:
  /// Throws Error(usage) where `parts` is less than 1.
  explicit BatchNormParts(std::int64_t parts);
  ~BatchNormParts();
  BatchNormParts(const BatchNormParts&) = delete;
  BatchNormParts& operator=(const BatchNormParts&) = delete;

  /// How many batches this thread's BatchNorm takes one of so many rows for: 1 without a scope.
  static std::int64_t of(std::int64_t rows);

 private:
  std::int64_t outer_;
};

/// While one lives, `batch_norm_relu` of this thread runs LibTorch's own operations: for who
/// replaces aten::batch_norm (BatchNorm over ranks does), or differentiates twice.
class TANDEM_API PlainBatchNorm {
 public:
  PlainBatchNorm();
  ~PlainBatchNorm();
  PlainBatchNorm(const PlainBatchNorm&) = delete;
  PlainBatchNorm& operator=(const PlainBatchNorm&) = delete;
};

}  // namespace tandem
