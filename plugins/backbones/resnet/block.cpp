#include "block.hpp"

#include <torch/nn/init.h>
#include <torch/nn/modules/container/sequential.h>

#include <algorithm>
#include <utility>

namespace resnet {
namespace {

struct ConvShape {
  std::int64_t input, output, kernel, stride;
};

std::vector<ConvShape> conv_shapes(const BlockOptions& o) {
  if (!o.bottleneck) return {{o.input, o.planes, 3, o.stride}, {o.planes, o.planes, 3, 1}};
  return {
      {o.input, o.planes, 1, 1}, {o.planes, o.planes, 3, o.stride}, {o.planes, o.output(), 1, 1}};
}

std::string numbered(const std::string& name, std::size_t n) {
  return name + std::to_string(n);
}

/// The n-th use of the block's one activation.
std::string relu_name(std::size_t n) {
  return n == 0 ? "relu" : numbered("relu_", n);
}

}  // namespace

torch::nn::Conv2d make_conv(std::int64_t input, std::int64_t output, std::int64_t kernel,
                            std::int64_t stride, std::int64_t padding) {
  torch::nn::Conv2d conv(
      torch::nn::Conv2dOptions(input, output, kernel).stride(stride).padding(padding).bias(false));
  torch::nn::init::kaiming_normal_(conv->weight, 0, torch::kFanOut, torch::kReLU);
  return conv;
}

std::vector<std::string> block_nodes(const BlockOptions& options) {
  const std::size_t convs = options.bottleneck ? 3 : 2;
  std::vector<std::string> nodes;
  for (std::size_t i = 0; i < convs; ++i) {
    nodes.push_back(numbered("conv", i + 1));
    nodes.push_back(numbered("bn", i + 1));
    if (i + 1 < convs) nodes.push_back(relu_name(i));
  }
  if (options.has_downsample()) {
    nodes.emplace_back("downsample.0");
    nodes.emplace_back("downsample.1");
  }
  nodes.emplace_back("add");
  nodes.push_back(relu_name(convs - 1));
  return nodes;
}

Block::Block(const BlockOptions& options, std::string_view end) {
  const std::vector<std::string> nodes = block_nodes(options);
  add_node_ = nodes.size() - 2;
  downsample_node_ = add_node_ - (options.has_downsample() ? 2 : 0);
  const auto at = std::find(nodes.begin(), nodes.end(), end);
  end_ = at == nodes.end() ? nodes.size() - 1 : static_cast<std::size_t>(at - nodes.begin());

  std::vector<torch::nn::Conv2d> convs;
  std::vector<Norm> norms;
  for (const ConvShape& shape : conv_shapes(options)) {
    convs.push_back(
        make_conv(shape.input, shape.output, shape.kernel, shape.stride, shape.kernel / 2));
    norms.emplace_back(shape.output, options.norm);
  }
  if (options.zero_last_norm) torch::nn::init::zeros_(norms.back()->weight);
  keep(std::move(convs), std::move(norms));
  if (options.has_downsample()) keep_downsample(options);
}

/// In the main path what comes before the end; of the shortcut all, unless the end is inside it.
bool Block::needs(std::size_t node) const {
  if (node > end_) return false;
  const bool in_shortcut = node >= downsample_node_ && node < add_node_;
  const bool ends_in_shortcut = end_ >= downsample_node_ && end_ < add_node_;
  return in_shortcut || !ends_in_shortcut;
}

void Block::keep(std::vector<torch::nn::Conv2d> convs, std::vector<Norm> norms) {
  for (std::size_t i = 0; i < convs.size(); ++i) {
    if (needs(3 * i)) convs_.push_back(register_module(numbered("conv", i + 1), convs[i]));
    if (needs(3 * i + 1)) norms_.push_back(register_module(numbered("bn", i + 1), norms[i]));
  }
}

void Block::keep_downsample(const BlockOptions& options) {
  constexpr std::int64_t harmed_channels = 8;
  if (options.input <= harmed_channels) pick_every_ = options.stride;
  const torch::nn::Conv2d conv =
      make_conv(options.input, options.output(), 1, options.stride / pick_every_, 0);
  if (!needs(downsample_node_)) return;
  downsample_ = conv;
  torch::nn::Sequential both(conv);
  if (needs(downsample_node_ + 1)) {
    downsample_norm_ = Norm(options.output(), options.norm);
    both->push_back(downsample_norm_);
  }
  register_module("downsample", both);
}

template <class Ops>
typename Ops::Value Block::shortcut(const Ops& ops, typename Ops::Value x) {
  if (downsample_.is_empty()) return x;
  x = ops.conv(downsample_, x, pick_every_);
  return downsample_norm_.is_empty() ? x : ops.norm(downsample_norm_, x);
}

template <class Ops>
typename Ops::Value Block::run(const Ops& ops, typename Ops::Value x) {
  if (convs_.empty()) return shortcut(ops, x);
  auto y = ops.conv(convs_.front(), x);
  for (std::size_t i = 0;; ++i) {
    if (end_ == 3 * i) return y;
    if (end_ == 3 * i + 1) return ops.norm(norms_[i], y);
    if (3 * i + 2 == downsample_node_) break;
    if (end_ == 3 * i + 2) return ops.norm_relu(norms_[i], y);
    y = ops.norm_relu_then(norms_[i], y,
                           [&](const auto& maps) { return ops.conv(convs_[i + 1], maps); });
  }
  x = shortcut(ops, x);
  if (end_ == add_node_) return ops.add(ops.norm(norms_.back(), y), x);
  return ops.norm_relu(norms_.back(), y, x);
}

template at::Tensor Block::run(const TensorOps& ops, at::Tensor x);
template tandem::GraphValue Block::run(const GraphOps& ops, tandem::GraphValue x);

}  // namespace resnet
