#pragma once

#include "block.hpp"
#include "layout.hpp"
#include "tandem/sdk/exportable.hpp"
#include "tandem/sdk/module.hpp"

#include <torch/nn/modules/linear.h>

#include <memory>
#include <string>
#include <vector>

namespace resnet {

/// A residual network up to one layer, its parameters named as torchvision names them. Nothing
/// behind the tap is built, and random weights do not depend on the tap.
class ResNet : public tandem::ModuleBackbone, public tandem::Exportable {
 public:
  using Params = resnet::Params;

  ResNet(int depth, const Params& params, const tandem::BackboneContext& context);
  /// (N, channels, H, W) → the tap's output: (N, 1000) for fc, (N, F, 1, 1) for avgpool, else
  /// (N, F, H', W').
  at::Tensor forward(const at::Tensor& view) override;
  std::vector<std::string> layers() const override { return layer_names(layout_); }
  tandem::GraphValue describe(tandem::GraphBuilder& graph, tandem::GraphValue picture) override;

 private:
  void build_blocks();
  template <class Ops>
  typename Ops::Value run(const Ops& ops, typename Ops::Value x);
  Layout layout_;
  Tap tap_;
  bool winograd_;
  torch::nn::Conv2d conv1_;
  Norm bn1_{nullptr};
  std::vector<std::shared_ptr<Block>> blocks_;
  torch::nn::Linear fc_{nullptr};
};

}  // namespace resnet
