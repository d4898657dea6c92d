#include "hidden_calls.hpp"

#include "calls.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <string>

namespace torchscript {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = c10::prim;
namespace attr = c10::attr;

bool is_interface(const Value* value) {
  return value->type()->kind() == c10::TypeKind::InterfaceType;
}

bool is_layer(const Value* value) {
  const auto type = value->type()->cast<c10::ClassType>();
  return is_interface(value) || (type && type->is_module());
}

/// Of a layer nothing may be had but its attributes.
bool hides_calls(const Node& node) {
  if (node.kind() == prim::GetAttr || node.kind() == prim::SetAttr) return false;
  return node.kind() == prim::CallMethod || node.kind() == prim::CallFunction ||
         node.hasAttribute(attr::Subgraph) ||
         std::any_of(node.inputs().begin(), node.inputs().end(), is_layer);
}

/// The first layer that the node is given.
std::string layer_of(const Node& node) {
  for (const Value* input : node.inputs()) {
    if (!is_layer(input)) continue;
    const auto path = path_of(input);
    if (!path) return layer_of(*input->node());
    if (!path->empty()) return "layer '" + *path + "'";
  }
  return "a part of the model";
}

std::string way_of(const Node& node) {
  const auto touches = [](const auto& values) {
    return std::any_of(values.begin(), values.end(), is_interface);
  };
  if (touches(node.inputs()) || touches(node.outputs())) return "through a torch.jit.interface";
  if (node.kind() == prim::fork) return "by torch.jit.fork";
  return std::string("by '") + node.kind().toUnqualString() + "'";
}

void check(const Block& block) {
  for (const Node* node : block.nodes()) {
    for (const Block* inner : node->blocks()) check(*inner);
    if (!hides_calls(*node)) continue;
    throw tandem::Error(
        tandem::ErrorKind::config,
        tandem::Log::join("backbone 'torchscript': ", layer_of(*node), " is called ", way_of(*node),
                          ", where its weights are out of sight, and would not be trained; have "
                          "forward call it directly, or set backbone.tap to a layer before it"));
  }
}

}  // namespace

void refuse_hidden_calls(const torch::jit::Graph& graph) {
  check(*graph.block());
}

}  // namespace torchscript
