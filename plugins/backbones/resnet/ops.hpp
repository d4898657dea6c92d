#pragma once

#include "norm.hpp"
#include "tandem/sdk/exportable.hpp"

#include <ATen/Functions.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>

/// The operations that a residual network is made of, once on tensors and once on a graph's values,
/// so that what a network computes and what it says that it computes are one text.
namespace resnet {

/// The 3×3 maximum behind the imagenet stem.
inline constexpr tandem::GraphPool stem_pool{{3, 3}, {2, 2}, {1, 1}};

/// Runs them. Gives its argument, changed, where that saves memory.
struct TensorOps {
  using Value = at::Tensor;
  bool winograd = true;  ///< where it suits

  /// Of every `pick_every`th pixel only.
  Value conv(const torch::nn::Conv2d& conv, const Value& x, std::int64_t pick_every = 1) const;
  Value norm(const Norm& norm, const Value& x) const;
  Value norm_relu(const Norm& norm, const Value& x, const Value& residual = {}) const;
  /// `use(norm_relu(norm, x))`, whose maps do not wait for the backward pass.
  template <class Use>
  Value norm_relu_then(const Norm& norm, const Value& x, const Use& use) const {
    return norm.ptr()->forward_relu_then(x, use);
  }
  Value add(Value x, const Value& y) const { return x += y; }
  Value max_pool(const Value& x) const {
    return at::max_pool2d(x, stem_pool.kernel, stem_pool.stride, stem_pool.padding);
  }
  Value average(const Value& x) const { return at::adaptive_avg_pool2d(x, {1, 1}); }
  Value linear(const torch::nn::Linear& linear, const Value& x) const;
};

/// Describes them.
struct GraphOps {
  using Value = tandem::GraphValue;
  tandem::GraphBuilder& graph;

  Value conv(const torch::nn::Conv2d& conv, Value x, std::int64_t pick_every = 1) const;
  Value norm(const Norm& norm, Value x) const;
  Value norm_relu(const Norm& norm, Value x) const { return graph.relu(this->norm(norm, x)); }
  Value norm_relu(const Norm& norm, Value x, Value residual) const {
    return graph.relu(graph.add(this->norm(norm, x), residual));
  }
  template <class Use>
  Value norm_relu_then(const Norm& norm, Value x, const Use& use) const {
    return use(norm_relu(norm, x));
  }
  Value add(Value x, Value y) const { return graph.add(x, y); }
  Value max_pool(Value x) const { return graph.max_pool(x, stem_pool); }
  Value average(Value x) const { return graph.adaptive_average_pool(x, {1, 1}); }
  Value linear(const torch::nn::Linear& linear, Value x) const;
};

}  // namespace resnet
