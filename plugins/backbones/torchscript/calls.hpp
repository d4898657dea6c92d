#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace torchscript {

/// One call of a layer while forward runs.
struct Call {
  std::string layer;       ///< dotted path: "layer2.0.relu"
  std::size_t number;      ///< 1 for the layer's first call
  bool bound;              ///< inside a condition, a loop or a `with` block
  std::string type;        ///< of what it returns, as TorchScript names it
  torch::jit::Node* mark;  ///< stands behind the call; its one input is what the call returns

  bool can_be_tapped() const { return !bound && type == "Tensor"; }
  /// As `tap` names it: the second call of "relu" is "relu#2".
  std::string name() const { return number == 1 ? layer : layer + "#" + std::to_string(number); }
};

/// The kind of the nodes that mark calls; no graph that runs may hold one.
c10::Symbol mark_kind();

/// The graph of a module's forward with every call inlined, and a mark behind each call of a layer,
/// in the order in which they stand. The graph owns the marks.
struct MarkedGraph {
  std::shared_ptr<torch::jit::Graph> graph;
  std::vector<Call> calls;
};
/// Copies the graph; the module stays as it is.
MarkedGraph mark_calls(const torch::jit::Module& module);

/// Where below the graph's module an object or tensor is kept: "" for the module itself, nothing
/// for what is no attribute.
std::optional<std::string> path_of(const torch::jit::Value* value);

}  // namespace torchscript
