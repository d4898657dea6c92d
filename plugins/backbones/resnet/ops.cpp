#include "ops.hpp"

#include "strided.hpp"
#include "winograd.hpp"

#include <variant>

namespace resnet {
namespace {

/// With the stride, and the padding that keeps a map's size but for the stride.
bool has_stride(const torch::nn::Conv2dImpl& conv, std::int64_t stride) {
  const auto& padding = *std::get<torch::ExpandingArray<2>>(conv.options.padding());
  return conv.options.stride()->at(0) == stride &&
         padding[0] == conv.options.kernel_size()->at(0) / 2;
}

/// Maps of one channel lie in memory alike in both formats, and LibTorch takes them by their
/// strides for one that is not channels-last: then so would be its result, and all that follows.
at::Tensor as_channels_last(const at::Tensor& x) {
  if (x.dim() != 4 || x.size(1) != 1 || !x.is_contiguous(at::MemoryFormat::ChannelsLast)) return x;
  return x.as_strided(x.sizes(), {x.size(2) * x.size(3), 1, x.size(3), 1});
}

}  // namespace

at::Tensor TensorOps::conv(const torch::nn::Conv2d& conv, const at::Tensor& x,
                           std::int64_t pick_every) const {
  torch::nn::Conv2dImpl& module = *conv.ptr();
  if (pick_every != 1)
    return module.forward(
        x.slice(2, 0, c10::nullopt, pick_every).slice(3, 0, c10::nullopt, pick_every));
  if (winograd && has_stride(module, 1) && winograd_suits(x, module.weight))
    return winograd_convolution(x, module.weight);
  if (winograd && has_stride(module, 2) && strided_suits(x, module.weight))
    return strided_convolution(x, module.weight);
  return module.forward(as_channels_last(x));
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
