#include "resnet.hpp"

#include <cstddef>

namespace resnet {
namespace {

constexpr std::int64_t imagenet_classes = 1000;

}  // namespace

ResNet::ResNet(int depth, const Params& params, const tandem::BackboneContext& context)
    : layout_(make_layout(depth, params)),
      tap_(resolve(layout_, context.tap)),
      winograd_(params.convolution == "auto"),
      conv1_(add("conv1", make_conv(context.channels, layout_.width, layout_.stem.kernel,
                                    layout_.stem.stride, layout_.stem.padding))) {
  if (tap_.place >= Tap::bn1) bn1_ = add("bn1", Norm(layout_.width, layout_.norm));
  if (tap_.place >= Tap::blocks) build_blocks();
  if (tap_.place == Tap::fc) fc_ = add("fc", torch::nn::Linear(layout_.output(), imagenet_classes));
}

void ResNet::build_blocks() {
  const std::size_t last = tap_.place == Tap::blocks ? tap_.block : layout_.blocks.size() - 1;
  for (std::size_t i = 0; i <= last; ++i) {
    const PlacedBlock& block = layout_.blocks[i];
    blocks_.push_back(
        add(block.name, std::make_shared<Block>(block.options, i == last ? tap_.node : "")));
  }
}

template <class Ops>
typename Ops::Value ResNet::run(const Ops& ops, typename Ops::Value x) {
  x = ops.conv(conv1_, x);
  if (tap_.place == Tap::conv1) return x;
  if (tap_.place == Tap::bn1) return ops.norm(bn1_, x);
  if (tap_.place == Tap::relu) return ops.norm_relu(bn1_, x);
  const bool pool = layout_.stem.pool;
  x = ops.norm_relu_then(bn1_, x, [&](const auto& maps) {
    return pool ? ops.max_pool(maps) : blocks_.front()->run(ops, maps);
  });
  for (std::size_t i = pool ? 0 : 1; i < blocks_.size(); ++i) x = blocks_[i]->run(ops, x);
  if (tap_.place <= Tap::blocks) return x;
  x = ops.average(x);
  return tap_.place == Tap::avgpool ? x : ops.linear(fc_, x);
}

at::Tensor ResNet::forward(const at::Tensor& view) {
  return run(TensorOps{winograd_}, view);
}

tandem::GraphValue ResNet::describe(tandem::GraphBuilder& graph, tandem::GraphValue picture) {
  return run(GraphOps{graph}, picture);
}

}  // namespace resnet
