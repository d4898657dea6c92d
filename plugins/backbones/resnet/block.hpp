#pragma once

#include "ops.hpp"

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace resnet {

struct BlockOptions {
  std::int64_t input = 0;   ///< channels
  std::int64_t planes = 0;  ///< channels inside; a bottleneck gives four times as many
  std::int64_t stride = 1;
  bool bottleneck = false;
  bool zero_last_norm = false;
  NormOptions norm;

  std::int64_t output() const { return bottleneck ? 4 * planes : planes; }
  bool has_downsample() const { return stride != 1 || input != output(); }
};

/// What can be tapped inside such a block, in the order in which it runs, spelt as torchvision's
/// feature extraction does: conv1, bn1, relu, …, downsample.0, downsample.1, add, relu_1.
std::vector<std::string> block_nodes(const BlockOptions& options);

/// A convolution without bias, weights drawn as torchvision does (Kaiming normal over the fan-out).
torch::nn::Conv2d make_conv(std::int64_t input, std::int64_t output, std::int64_t kernel,
                            std::int64_t stride, std::int64_t padding);

/// A residual block (He et al. 2016, "Deep residual learning for image recognition", figure 5; a
/// bottleneck strides in its 3×3 convolution), or its first part: it ends at one of its nodes and
/// owns no parameter that this node does not need.
class Block : public torch::nn::Module {
 public:
  /// `end` is one of `block_nodes(options)`, or "" for the whole block. Random weights do not
  /// depend on `end`.
  Block(const BlockOptions& options, std::string_view end);
  /// The block's output, on tensors or in a graph.
  template <class Ops>
  typename Ops::Value run(const Ops& ops, typename Ops::Value x);

 private:
  bool needs(std::size_t node) const;
  void keep(std::vector<torch::nn::Conv2d> convs, std::vector<Norm> norms);
  void keep_downsample(const BlockOptions& options);
  template <class Ops>
  typename Ops::Value shortcut(const Ops& ops, typename Ops::Value x);

  std::vector<torch::nn::Conv2d> convs_;
  std::vector<Norm> norms_;
  torch::nn::Conv2d downsample_{nullptr};
  Norm downsample_norm_{nullptr};
  // The weight gradient of a strided 1×1 convolution over 8 channels or fewer writes out of bounds
  // where memory is channels-last (LibTorch 2.13, AVX-512): there the shortcut picks its pixels
  // first and convolves them without a stride, which is the same arithmetic.
  std::int64_t pick_every_ = 1;
  std::size_t end_;              // index into block_nodes
  std::size_t downsample_node_;  // of downsample.0, where there is one
  std::size_t add_node_;
};

extern template at::Tensor Block::run(const TensorOps& ops, at::Tensor x);
extern template tandem::GraphValue Block::run(const GraphOps& ops, tandem::GraphValue x);

}  // namespace resnet
