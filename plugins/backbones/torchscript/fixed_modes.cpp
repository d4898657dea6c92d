#include "fixed_modes.hpp"

#include "tandem/base/error.hpp"

#include <torch/csrc/jit/ir/constants.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace torchscript {
namespace {

using torch::jit::Block;
using torch::jit::Node;

/// The arguments of an operator that behaves differently in training.
struct Modal {
  const char* training;  ///< whether it trains; "" where it has no mode of its own, only a share
  const char* without;   ///< what leaves no mode to miss: statistics that are none, a share of 0
};

const std::map<std::string, Modal> modal_operators = {
    {"aten::batch_norm", {"training", "running_mean"}},
    {"aten::instance_norm", {"use_input_stats", "running_mean"}},
    {"aten::dropout", {"train", "p"}},
    {"aten::dropout_", {"train", "p"}},
    {"aten::feature_dropout", {"train", "p"}},
    {"aten::feature_dropout_", {"train", "p"}},
    {"aten::alpha_dropout", {"train", "p"}},
    {"aten::alpha_dropout_", {"train", "p"}},
    {"aten::feature_alpha_dropout", {"train", "p"}},
    {"aten::feature_alpha_dropout_", {"train", "p"}},
    {"aten::rrelu", {"training", ""}},
    {"aten::rrelu_", {"training", ""}},
    {"aten::lstm", {"train", "dropout"}},
    {"aten::gru", {"train", "dropout"}},
    {"aten::rnn_tanh", {"train", "dropout"}},
    {"aten::rnn_relu", {"train", "dropout"}},
    {"aten::scaled_dot_product_attention", {"", "dropout_p"}},
};

/// A constant argument, by its name in the operator's schema.
std::optional<torch::jit::IValue> constant(const Node& node, const std::string& name) {
  const auto* const schema = node.maybeSchema();
  const auto at = schema == nullptr ? std::nullopt : schema->argumentIndexWithName(name);
  if (!at || static_cast<std::size_t>(*at) >= node.inputs().size()) return std::nullopt;
  return torch::jit::toIValue(node.input(static_cast<std::size_t>(*at)));
}

/// The mode that a trace has fixed an operator in. A share that is computed, as attention's is from
/// the module's mode, fixes none. Attention traced in evaluation has a share of 0, and nothing left
/// that tells it from one that drops nothing.
std::optional<bool> fixed_mode(const Node& node) {
  const auto found = modal_operators.find(node.kind().toQualString());
  if (found == modal_operators.end()) return std::nullopt;
  const auto& [training, without] = found->second;
  if (*without != '\0') {
    const auto value = constant(node, without);
    if (value && (value->isNone() || (value->isDouble() && value->toDouble() == 0))) {
      return std::nullopt;
    }
    const bool is_share = std::string_view(without) != "running_mean";
    if (is_share && !value) return std::nullopt;
    if (*training == '\0') return true;
  }
  const auto value = constant(node, training);
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
