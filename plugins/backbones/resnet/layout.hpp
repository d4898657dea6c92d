#pragma once

#include "block.hpp"
#include "tandem/base/params.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace resnet {

struct Params {
  std::int64_t width = 64;
  std::string stem = "imagenet";
  std::int64_t stages = 4;
  tandem::Integers blocks;
  bool zero_init_residual = false;
  std::string norm = "batch";
  std::int64_t groups = 32;
  std::string convolution = "auto";
  static void declare(tandem::Fields<Params>& f);
};

/// How the input comes down to the first stage.
struct Stem {
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t padding;
  bool pool;  ///< a 3×3 maximum with stride 2
};

struct PlacedBlock {
  std::string name;   ///< "layer2.0"
  std::string stage;  ///< "layer2"
  BlockOptions options;
};

/// The whole network of a depth, block by block.
struct Layout {
  std::string id;  ///< "resnet18"
  Stem stem;
  std::int64_t width;
  NormOptions norm;
  std::vector<PlacedBlock> blocks;

  std::int64_t output() const { return blocks.back().options.output(); }
};

/// Throws tandem::Error(config) where `blocks` does not have one entry a stage, or where frozen
/// weights would start at 0.
Layout make_layout(int depth, const Params& params);

/// Every tap, outermost first.
std::vector<std::string> layer_names(const Layout& layout);

/// Where a tap is. Beyond the stem, the network ends in `block`, at `node` (empty: after the
/// block).
struct Tap {
  enum Place { conv1, bn1, relu, maxpool, blocks, avgpool, fc } place = avgpool;
  std::size_t block = 0;
  std::string node;
};

/// Throws tandem::Error(config) for a name that `layer_names` does not have; "" is avgpool, and
/// "avg_pool" is accepted for it.
Tap resolve(const Layout& layout, const std::string& name);

}  // namespace resnet
