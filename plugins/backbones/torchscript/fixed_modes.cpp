#include "fixed_modes.hpp"

#include "tandem/base/error.hpp"

#include <torch/csrc/jit/ir/constants.h>

#include <map>
#include <optional>
#include <string>

namespace torchscript {
namespace {

using torch::jit::Block;
using torch::jit::Node;

/// Where an operator takes whether it trains.
const std::map<std::string, std::size_t> training_argument = {
    {"aten::batch_norm", 5},
    {"aten::dropout", 2},
    {"aten::dropout_", 2},
    {"aten::feature_dropout", 2},
    {"aten::feature_dropout_", 2},
    {"aten::alpha_dropout", 2},
    {"aten::alpha_dropout_", 2},
    {"aten::feature_alpha_dropout", 2},
    {"aten::feature_alpha_dropout_", 2},
    {"aten::rrelu", 3},
    {"aten::rrelu_", 3},
};

/// No other mode to miss: a BatchNorm that keeps no statistics, a dropout of nothing, or one whose
/// share is computed, as attention's is from its mode.
bool has_no_modes(const Node& node) {
  const std::string kind = node.kind().toQualString();
  if (kind == "aten::batch_norm") return node.input(3)->mustBeNone();
  if (kind == "aten::rrelu" || kind == "aten::rrelu_") return false;
  const auto share = torch::jit::toIValue(node.input(1));
  return !share || (share->isDouble() && share->toDouble() == 0);
}

std::optional<bool> fixed_mode(const Node& node) {
  const auto found = training_argument.find(node.kind().toQualString());
  if (found == training_argument.end() || has_no_modes(node)) return std::nullopt;
  const auto value = torch::jit::toIValue(node.input(found->second));
  if (!value || !value->isBool()) return std::nullopt;
  return value->toBool();
}

void check(const Block& block) {
  for (const Node* node : block.nodes()) {
    for (const Block* inner : node->blocks()) check(*inner);
    const auto mode = fixed_mode(*node);
    if (!mode) continue;
    throw tandem::Error(
        tandem::ErrorKind::config,
        std::string("backbone 'torchscript': a ") + node->kind().toUnqualString() +
            " of the model is fixed in " + (*mode ? "training" : "evaluation") +
            " mode, as torch.jit.trace leaves it, so that it cannot be both trained and judged; "
            "save the model with torch.jit.script instead");
  }
}

}  // namespace

void refuse_fixed_modes(const torch::jit::Graph& graph) {
  check(*graph.block());
}

}  // namespace torchscript
