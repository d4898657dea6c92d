// my_backbone: a small convolutional network that can be tapped behind each of its blocks.
// A start that trains: put your own network in its place. The specification is
// <tandem/sdk/backbone.hpp>.
#include <tandem/sdk/module.hpp>

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <algorithm>

namespace {

class MyBackbone final : public tandem::ModuleBackbone {
 public:
  // Parameters are declared once, beside the members that hold their defaults. The host checks
  // [backbone] against them before anything is made, and `tandem plugins info my_backbone` prints
  // them. `tap` and `pool` are the host's own.
  struct Params {
    std::int64_t width = 32;
    static void declare(tandem::Fields<Params>& f) {
      f("width", &Params::width, "channels of the first block").range(1, 1024);
    }
  };

  // Made for one tap, the layer whose output is wanted ("" for the backbone's own choice): it is
  // resolved here, an unknown one is refused, and what comes behind it is neither built nor run.
  // Whatever has weights is added under a name, and the host then trains, moves and saves it under
  // that name.
  MyBackbone(const Params& params, const tandem::BackboneContext& context) {
    const std::string tap = context.tap.empty() ? names.back() : context.tap;
    const auto last = std::find(names.begin(), names.end(), tap);
    if (last == names.end()) tandem::unknown_tap("my_backbone", tap, names);
    std::int64_t in = context.channels, out = params.width;
    for (auto name = names.begin(); name <= last; ++name, in = out, out *= 2) {
      const auto conv = torch::nn::Conv2dOptions(in, out, 3).stride(2).padding(1).bias(false);
      blocks_.push_back(
          add(*name, torch::nn::Sequential(torch::nn::Conv2d(conv), torch::nn::BatchNorm2d(out),
                                           torch::nn::ReLU())));
    }
  }

  // (N, C, H, W) → the tap's output: (N, F), (N, F, H', W') or (N, tokens, F). The host pools it to
  // a row a picture.
  at::Tensor forward(const at::Tensor& view) override {
    at::Tensor x = view;
    for (auto& block : blocks_) x = block->forward(x);
    return x;
  }

  // Every name that `tap` may have, outermost first, whatever the tap is now.
  std::vector<std::string> layers() const override { return names; }

 private:
  inline static const std::vector<std::string> names = {"block1", "block2", "block3"};
  std::vector<torch::nn::Sequential> blocks_;
};

}  // namespace

// The id in the last bracket is what configurations write: [backbone] use = "my_backbone".
TANDEM_PLUGIN("my_backbone", "0.1", "what it is, in a line",
              tandem::backbone<MyBackbone>("my_backbone"));
