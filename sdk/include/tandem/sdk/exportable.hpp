#pragma once

#include "tandem/base/export.hpp"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace tandem {

/// What an operation of a GraphBuilder gave, or the picture it began with. Means nothing to another
/// builder.
struct GraphValue {
  std::int64_t index = -1;
};

/// Along height and width.
using Extent = std::array<std::int64_t, 2>;

/// A convolution over height and width, zeros beyond the edges.
struct GraphConvolution {
  at::Tensor weight;  ///< (outputs, inputs / groups, kernel height, kernel width)
  at::Tensor bias;    ///< (outputs), or undefined: none
  Extent stride = {1, 1};
  Extent padding = {0, 0};  ///< on both sides
  Extent dilation = {1, 1};
  std::int64_t groups = 1;
};

/// BatchNorm as it is after training: by its running statistics, each (channels).
struct GraphBatchNorm {
  at::Tensor weight, bias, mean, variance;
  double eps = 1e-5;
};

/// The windows of a pool, smaller by rounding down.
struct GraphPool {
  Extent kernel = {1, 1};
  Extent stride = {1, 1};
  Extent padding = {0, 0};
};

/// A network under description, operation by operation; the host's, whatever it makes of it (an
/// ONNX file). Tensors are read during the call. Values are maps (N, C, H, W) unless said
/// otherwise; N stays open. Every call throws what LibTorch throws where shapes do not fit. [one
/// thread]
class TANDEM_API GraphBuilder {
 public:
  virtual ~GraphBuilder();
  virtual GraphValue convolution(GraphValue x, const GraphConvolution& options) = 0;
  virtual GraphValue batch_norm(GraphValue x, const GraphBatchNorm& options) = 0;
  virtual GraphValue relu(GraphValue x) = 0;
  virtual GraphValue max_pool(GraphValue x, const GraphPool& options) = 0;
  /// Zeros beyond the edges count, as in torch.nn.AvgPool2d.
  virtual GraphValue average_pool(GraphValue x, const GraphPool& options) = 0;
  /// To a map of `size`, of whatever size it was; {1, 1} is the global average.
  virtual GraphValue adaptive_average_pool(GraphValue x, Extent size) = 0;
  virtual GraphValue add(GraphValue a, GraphValue b) = 0;
  /// (N, …) → (N, F).
  virtual GraphValue flatten(GraphValue x) = 0;
  /// (N, F) → (N, outputs); `weight` is (outputs, F), `bias` (outputs) or undefined.
  virtual GraphValue linear(GraphValue x, const at::Tensor& weight, const at::Tensor& bias) = 0;
  /// A value's shape in the batch that the graph is described with.
  virtual std::vector<std::int64_t> sizes(GraphValue x) const = 0;
};

/// What a Backbone may be too: one that can say what it computes, so that its trained weights run
/// elsewhere. The host finds it by `dynamic_cast`; a backbone without it is used as ever, and only
/// the formats that need a graph (ONNX) are refused.
class TANDEM_API Exportable {
 public:
  virtual ~Exportable();
  /// Describes what `forward` computes of `picture` in eval mode, up to the tap, and returns the
  /// tap's output. Changes nothing. The host compares it with `forward` before it writes anything.
  virtual GraphValue describe(GraphBuilder& graph, GraphValue picture) = 0;
};

}  // namespace tandem
