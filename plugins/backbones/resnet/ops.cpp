#include "ops.hpp"

#include "winograd.hpp"

#include <variant>

namespace resnet {
namespace {

/// What Winograd's convolution takes for granted.
bool keeps_size(const torch::nn::Conv2dImpl& conv) {
  const auto& padding = *std::get<torch::ExpandingArray<2>>(conv.options.padding());
  return conv.options.stride()->at(0) == 1 && padding[0] == 1;
}

}  // namespace

at::Tensor TensorOps::conv(const torch::nn::Conv2d& conv, const at::Tensor& x,
                           std::int64_t pick_every) const {
  torch::nn::Conv2dImpl& module = *conv.ptr();
  if (pick_every != 1)
    return module.forward(
        x.slice(2, 0, c10::nullopt, pick_every).slice(3, 0, c10::nullopt, pick_every));
  if (winograd && keeps_size(module) && winograd_suits(x, module.weight))
    return winograd_convolution(x, module.weight);
  return module.forward(x);
}

at::Tensor TensorOps::linear(const torch::nn::Linear& linear, const at::Tensor& x) const {
  return linear.ptr()->forward(x.flatten(1));
}

tandem::GraphValue GraphOps::conv(const torch::nn::Conv2d& conv, tandem::GraphValue x,
                                  std::int64_t pick_every) const {
  const auto& options = conv->options;
  const auto& stride = *options.stride();
  const auto& padding = *std::get<torch::ExpandingArray<2>>(options.padding());
  tandem::GraphConvolution convolution;
  convolution.weight = conv->weight;
  // A 1×1 convolution of every nth pixel is one with n times the stride.
  convolution.stride = {stride[0] * pick_every, stride[1] * pick_every};
  convolution.padding = {padding[0], padding[1]};
  return graph.convolution(x, convolution);
}

tandem::GraphValue GraphOps::linear(const torch::nn::Linear& linear, tandem::GraphValue x) const {
  return graph.linear(graph.flatten(x), linear->weight, linear->bias);
}

}  // namespace resnet
