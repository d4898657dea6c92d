#include "layout.hpp"

#include "tandem/base/error.hpp"
#include "tandem/sdk/backbone.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace resnet {
namespace {

using tandem::Error;
using tandem::ErrorKind;
using tandem::Integers;

/// He et al. 2016, table 1; depth 10 has one block a stage.
Integers usual_blocks(int depth) {
  if (depth == 10) return {1, 1, 1, 1};
  if (depth == 18) return {2, 2, 2, 2};
  return {3, 4, 6, 3};
}

Stem stem_of(const std::string& name) {
  if (name == "imagenet") return {7, 2, 3, true};
  if (name == "small") return {3, 2, 1, false};
  return {3, 1, name == "cifar_pad2" ? 2 : 1, false};
}

NormOptions norm_of(const std::string& id, const Params& params) {
  if (params.norm == "batch") return {};
  if (params.norm == "group") return {NormOptions::group, params.groups};
  if (params.zero_init_residual)
    throw Error(ErrorKind::config,
                id + ": zero_init_residual starts weights at 0 that training moves, and norm = "
                     "\"frozen\" trains none of them; set zero_init_residual = false");
  return {NormOptions::frozen};
}

Integers blocks_of(const std::string& id, int depth, const Params& params) {
  Integers blocks = params.blocks;
  if (blocks.empty()) {
    blocks = usual_blocks(depth);
    blocks.resize(static_cast<std::size_t>(params.stages));
  }
  if (blocks.size() != static_cast<std::size_t>(params.stages))
    throw Error(ErrorKind::config, id + ": blocks has " + std::to_string(blocks.size()) +
                                       " entries and stages is " + std::to_string(params.stages) +
                                       "; give one entry a stage");
  return blocks;
}

constexpr std::array places = {
    std::pair("conv1", Tap::conv1),     std::pair("bn1", Tap::bn1),
    std::pair("relu", Tap::relu),       std::pair("maxpool", Tap::maxpool),
    std::pair("avgpool", Tap::avgpool), std::pair("fc", Tap::fc)};

/// The tap is a stage (its last block counts), a block, or a node of one.
Tap resolve_block(const Layout& layout, const std::string& name) {
  Tap tap{Tap::blocks, 0, ""};
  for (std::size_t i = 0; i < layout.blocks.size(); ++i) {
    const PlacedBlock& block = layout.blocks[i];
    const std::string inside = block.name + ".";
    if (name == block.stage || name == block.name) tap.block = i;
    if (name.compare(0, inside.size(), inside) == 0)
      tap.block = i, tap.node = name.substr(inside.size());
  }
  return tap;
}

}  // namespace

void Params::declare(tandem::Fields<Params>& f) {
  f("width", &Params::width, "channels of the first stage; each stage doubles them").range(1, 2048);
  f("stem", &Params::stem,
    "imagenet: 7x7 stride 2 and a pool; small: 3x3 stride 2; cifar: 3x3; cifar_pad2: the same with "
    "a padding of 2, as solo-learn has it")
      .choices({"imagenet", "small", "cifar", "cifar_pad2"});
  f("stages", &Params::stages, "how many stages are built").range(1, 4);
  f("blocks", &Params::blocks, "blocks of each stage; [] for the depth's own")
      .range(1, 64)
      .count(0, 4);
  f("zero_init_residual", &Params::zero_init_residual,
    "each block starts as the identity: its last normalisation's weight is zero");
  f("norm", &Params::norm,
    "batch: BatchNorm; group: GroupNorm, which sees each picture alone, so that train.accumulate "
    "is exact; frozen: BatchNorm as --init-from has it, statistics, weight and bias fixed")
      .choices({"batch", "group", "frozen"});
  f("groups", &Params::groups,
    "of norm = group: groups in a layer; fewer where they would not divide its channels, or leave "
    "less than two in each")
      .range(1, 2048);
  f("convolution", &Params::convolution,
    "auto: 3x3 convolutions by Winograd's filtering, small ones of stride 2 by loops of its own, "
    "where they are faster (float32, AVX2); direct: all by LibTorch")
      .choices({"auto", "direct"});
}

Layout make_layout(int depth, const Params& params) {
  Layout layout{"resnet" + std::to_string(depth),
                stem_of(params.stem),
                params.width,
                norm_of("resnet" + std::to_string(depth), params),
                {}};
  const Integers blocks = blocks_of(layout.id, depth, params);
  std::int64_t channels = params.width;
  for (std::size_t s = 0; s < blocks.size(); ++s) {
    const std::string stage = "layer" + std::to_string(s + 1);
    for (std::int64_t b = 0; b < blocks[s]; ++b) {
      const std::int64_t stride = s > 0 && b == 0 ? 2 : 1;
      const BlockOptions options{channels,    params.width << s,         stride,
                                 depth >= 50, params.zero_init_residual, layout.norm};
      layout.blocks.push_back({stage + "." + std::to_string(b), stage, options});
      channels = options.output();
    }
  }
  return layout;
}

std::vector<std::string> layer_names(const Layout& layout) {
  std::vector<std::string> names = {"conv1", "bn1", "relu"};
  if (layout.stem.pool) names.emplace_back("maxpool");
  for (const PlacedBlock& block : layout.blocks)
    if (names.back() != block.stage) names.push_back(block.stage);
  names.emplace_back("avgpool");
  names.emplace_back("fc");
  for (const PlacedBlock& block : layout.blocks) names.push_back(block.name);
  for (const PlacedBlock& block : layout.blocks)
    for (const std::string& node : block_nodes(block.options))
      names.push_back(block.name + "." + node);
  return names;
}

Tap resolve(const Layout& layout, const std::string& name) {
  if (name.empty() || name == "avg_pool") return {};
  const std::vector<std::string> names = layer_names(layout);
  if (std::find(names.begin(), names.end(), name) == names.end())
    tandem::unknown_tap(layout.id, name, names);
  for (const auto& [known, place] : places)
    if (name == known) return {place, 0, ""};
  return resolve_block(layout, name);
}

}  // namespace resnet
