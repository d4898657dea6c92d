// A plain convolutional network that can be tapped behind each of its blocks.
#include <tandem/sdk/module.hpp>

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <algorithm>

namespace {

std::vector<std::string> block_names(std::int64_t depth) {
  std::vector<std::string> names;
  for (std::int64_t i = 1; i <= depth; ++i) names.push_back("block" + std::to_string(i));
  return names;
}

class ConvNet final : public tandem::ModuleBackbone {
 public:
  struct Params {
    std::int64_t width = 32, depth = 4;
    static void declare(tandem::Fields<Params>& f) {
      f("width", &Params::width, "channels of the first block; each next has twice as many")
          .range(1, 512);
      f("depth", &Params::depth, "blocks, each of which halves the picture").range(1, 6);
    }
  };

  /// The tap is resolved here, and what comes behind it is never built: nothing runs in vain.
  ConvNet(const Params& params, const tandem::BackboneContext& context)
      : layers_(block_names(params.depth)) {
    const std::string tap = context.tap.empty() ? layers_.back() : context.tap;
    const auto last = std::find(layers_.begin(), layers_.end(), tap);
    if (last == layers_.end()) tandem::unknown_tap("convnet", tap, layers_);
    std::int64_t in = context.channels, out = params.width;
    for (auto name = layers_.begin(); name <= last; ++name, in = out, out *= 2) {
      const auto conv = torch::nn::Conv2dOptions(in, out, 3).stride(2).padding(1).bias(false);
      blocks_.push_back(
          add(*name, torch::nn::Sequential(torch::nn::Conv2d(conv), torch::nn::BatchNorm2d(out),
                                           torch::nn::ReLU())));
    }
  }

  at::Tensor forward(const at::Tensor& view) override {  // (N, C, H, W) → (N, F, H', W')
    at::Tensor x = view;
    for (auto& block : blocks_) x = block->forward(x);
    return x;
  }
  std::vector<std::string> layers() const override { return layers_; }

 private:
  std::vector<std::string> layers_;
  std::vector<torch::nn::Sequential> blocks_;
};

}  // namespace

TANDEM_PLUGIN("convnet", "1.0", "a small network", tandem::backbone<ConvNet>("convnet"));
