#pragma once

#include "calls.hpp"

#include <string>
#include <vector>

namespace torchscript {

/// Every name that `cut` accepts, outermost first.
std::vector<std::string> tap_names(const std::vector<Call>& calls);

struct Cut {
  std::shared_ptr<torch::jit::Graph> graph;  ///< (module, view) → the tapped output
  std::string note;  ///< which of several calls is tapped; empty: the only one
};

/// The graph of `marked` up to the tapped call, which it uses up, without anything that comes after
/// it. A tap is a dotted path, each part a name or a child's index (negative from the last), "#2"
/// behind it for the layer's second call; "" is the whole of forward. Throws tandem::Error(config)
/// for a layer that is none, or whose output is not one tensor that every run of forward makes.
Cut cut(const torch::jit::Module& module, const MarkedGraph& marked, const std::string& tap);

}  // namespace torchscript
