#include "calls.hpp"

#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <map>

namespace torchscript {
namespace {

using torch::jit::Block;
using torch::jit::Node;
namespace prim = c10::prim;
namespace attr = c10::attr;

class Marker {
 public:
  explicit Marker(MarkedGraph& result) : result_(result) {}

  void walk(Block& block, bool conditional) {
    walk(*block.nodes().begin(), block.return_node(), conditional);
  }

 private:
  void walk(Node* node, const Node* end, bool conditional) {
    while (node != end) {
      Node* const next = node->next();
      // To cut inside a `with` would leave it open, torch.no_grad() for one.
      if (node->kind() == prim::Enter) ++open_contexts_;
      if (node->kind() == prim::Exit) --open_contexts_;
      if (node->kind() == prim::CallMethod || node->kind() == prim::CallFunction)
        open(node, conditional);
      else
        for (Block* block : node->blocks()) walk(*block, true);
      node = next;
    }
  }

  /// Marks a layer's call and puts its body in its place.
  void open(Node* call, bool conditional) {
    if (call->kind() == prim::CallMethod && call->s(attr::name) == "forward")
      mark(call, conditional);
    auto* const function = torch::jit::tryToGraphFunction(call);
    if (function == nullptr) return;
    Node* const before = call->prev();
    const Node* const after = call->next();
    if (call->kind() == prim::CallFunction) call->removeInput(0);
    // The graph is named, since the default is the one whose own calls are inlined already.
    torch::jit::inlineCallTo(call, function, function->graph().get());
    walk(before->next(), after, conditional);
  }

  void mark(Node* call, bool conditional) {
    const auto path = path_of(call->input(0));
    if (!path || path->empty()) return;
    const bool bound = conditional || open_contexts_ > 0;
    Node* const mark = result_.graph->create(mark_kind(), {call->output()}, 0);
    mark->insertAfter(call);
    result_.calls.push_back(
        {*path, ++count_[*path], bound, call->output()->type()->annotation_str(), mark});
  }

  MarkedGraph& result_;
  std::map<std::string, std::size_t> count_;
  int open_contexts_ = 0;
};

}  // namespace

c10::Symbol mark_kind() {
  static const auto kind = c10::Symbol::fromQualString("tandem::mark");
  return kind;
}

MarkedGraph mark_calls(const torch::jit::Module& module) {
  MarkedGraph result{module.get_method("forward").graph()->copy(), {}};
  Marker(result).walk(*result.graph->block(), false);
  return result;
}

std::optional<std::string> path_of(const torch::jit::Value* value) {
  const Node* const node = value->node();
  if (value == value->owningGraph()->inputs()[0]) return "";
  if (node->kind() != prim::GetAttr) return std::nullopt;
  const auto owner = path_of(node->input());
  if (!owner) return std::nullopt;
  return owner->empty() ? node->s(attr::name) : *owner + "." + node->s(attr::name);
}

}  // namespace torchscript
