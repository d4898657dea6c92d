#include "network.hpp"

#include "archive.hpp"
#include "cut.hpp"
#include "fixed_modes.hpp"
#include "hidden_calls.hpp"
#include "tandem/base/error.hpp"

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/runtime/jit_exception.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <string_view>
#include <unordered_set>

namespace torchscript {
namespace {

using torch::jit::Block;

torch::jit::Module open_trusted(const std::string& file, bool trust) {
  if (trust) return open_archive(file);
  throw tandem::Error(tandem::ErrorKind::config,
                      "backbone 'torchscript' runs the code that comes with '" + file +
                          "', and such code can do whatever this process may; set backbone.trust = "
                          "true if you trust "
                          "whoever made the file; of a run's folder, say so anew (--trust, or "
                          "--set backbone.trust=true)");
}

/// The paths of all attributes that the block reads or writes.
void add_used(const Block& block, std::set<std::string>& used) {
  for (const auto* node : block.nodes()) {
    for (const auto* inner : node->blocks()) add_used(*inner, used);
    if (node->kind() == c10::prim::GetAttr) {
      if (const auto path = path_of(node->output())) used.insert(*path);
    } else if (node->kind() == c10::prim::SetAttr) {
      const auto owner = path_of(node->input(0));
      if (owner) used.insert((owner->empty() ? "" : *owner + ".") + node->s(c10::attr::name));
    }
  }
}

/// The interpreter makes one kind of exception of all that operators throw, with a trace of the
/// script in front of their own words; memory that ran out is to be told from the rest.
[[noreturn]] void rethrow_own_words(const std::exception& error) {
  const std::string text = error.what();
  const std::string_view before = "\nRuntimeError: ";
  const auto at = text.find(before);
  if (text.rfind("The following operation failed in the TorchScript", 0) != 0 || at == text.npos)
    throw;
  const std::string words =
      text.substr(std::min(text.find_first_not_of(" \n", at + before.size()), text.size()));
  if (words == "std::bad_alloc\n") throw std::bad_alloc();
  throw std::runtime_error(words);
}

}  // namespace

void Params::declare(tandem::Fields<Params>& f) {
  f("file", &Params::file, "the model, as torch.jit.script(model).save(file) writes it")
      .unit("path");
}

Network::Network(const Params& params, const tandem::BackboneContext& context)
    : module_(open_trusted(params.file, context.trust)) {
  const MarkedGraph marked = mark_calls(module_);
  layers_ = tap_names(marked.calls);
  const auto [graph, note] = cut(module_, marked, context.tap);
  refuse_hidden_calls(*graph);
  refuse_fixed_modes(*graph);
  if (!note.empty() && context.log != nullptr) context.log->info(note);
  add_used(*graph->block(), used_);
  changes_view_ = torch::jit::AliasDb(graph).hasWriters(graph->inputs()[1]);
  code_ = torch::jit::Code(graph, "forward");
}

/// Runs the graph operator by operator, as PyTorch does without TorchScript: the executor observes
/// the first runs and rewrites the graph for the later ones, which makes the first steps slow and
/// promises no equal bits.
at::Tensor Network::forward(const at::Tensor& view) {
  torch::jit::Stack stack{module_._ivalue(), changes_view_ ? view.clone() : view};
  try {
    torch::jit::InterpreterState(code_).run(stack);
  } catch (const torch::jit::JITException& raised) {  // by the script
    throw std::runtime_error(raised.getOriginalMsg().value_or(raised.what()));
  } catch (const std::exception& error) {
    rethrow_own_words(error);
  }
  return stack.back().toTensor();
}

void Network::visit(tandem::StateVisitor& visitor) {
  std::unordered_set<const void*> seen;
  const auto is_new = [&](const std::string& name, const at::Tensor& tensor) {
    return used_.count(name) > 0 && tensor.defined() &&
           seen.insert(tensor.unsafeGetTensorImpl()).second;
  };
  for (const auto& item : module_.named_parameters())
    if (is_new(item.name, item.value)) visitor.parameter(item.name, item.value);
  for (const auto& item : module_.named_attributes())
    if (item.value.isTensor() && is_new(item.name, item.value.toTensor()))
      visitor.buffer(item.name, item.value.toTensor());
}

/// Module::to would turn BatchNorm's counter of batches into a floating-point tensor too.
void Network::to(at::Device device, at::ScalarType type) {
  for (const auto& item : module_.named_attributes()) {
    if (item.value.isTensor() && item.value.toTensor().defined())
      tandem::move_to(item.value.toTensor(), device, type);
  }
}

}  // namespace torchscript
