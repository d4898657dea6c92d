#include "cut.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"
#include "tandem/sdk/backbone.hpp"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace torchscript {
namespace {

using tandem::Error;
using tandem::ErrorKind;
using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  throw Error(ErrorKind::config, tandem::Log::join("backbone 'torchscript': ", parts...));
}

/// "relu#2" names the second call of "relu".
struct Tap {
  std::string layer;
  std::size_t number = 1;
};

bool read_number(std::string_view text, auto& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && stop == text.data() + text.size();
}

Tap parse(const std::string& text) {
  Tap tap{text};
  const auto hash = text.rfind('#');
  if (hash == std::string::npos || !read_number(text.substr(hash + 1), tap.number)) return tap;
  tap.layer = text.substr(0, hash);
  return tap;
}

/// The path with names in the place of indices; empty where there is no such child.
std::string resolve_path(Module module, const std::string& path) {
  if (path.ends_with('.')) return "";
  std::istringstream parts(path);
  std::string resolved;
  for (std::string part; std::getline(parts, part, '.');) {
    std::vector<std::string> names;
    std::vector<Module> children;
    for (const auto& child : module.named_children())
      names.push_back(child.name), children.push_back(child.value);
    std::ptrdiff_t index = std::find(names.begin(), names.end(), part) - names.begin();
    const auto count = static_cast<std::ptrdiff_t>(names.size());
    if (index == count && !read_number(part, index)) return "";
    if (index < 0) index += count;
    if (index < 0 || index >= count) return "";
    resolved += (resolved.empty() ? "" : ".") + names[static_cast<std::size_t>(index)];
    module = children[static_cast<std::size_t>(index)];
  }
  return resolved;
}

std::vector<Call> calls_of(const std::vector<Call>& calls, const std::string& layer) {
  std::vector<Call> found;
  for (const auto& call : calls)
    if (call.layer == layer) found.push_back(call);
  return found;
}

/// The call that a tap names.
Call find_call(const std::vector<Call>& calls, const Module& module, const std::string& text) {
  const Tap tap = parse(text);
  const std::string layer = resolve_path(module, tap.layer);
  if (layer.empty()) tandem::unknown_tap("torchscript", text, tap_names(calls));
  const auto found = calls_of(calls, layer);
  if (found.empty())
    refuse("layer '", layer, "' is never called by forward, so that there is nothing to tap");
  if (tap.number < 1 || tap.number > found.size())
    refuse("forward calls layer '", layer, "' ", found.size(), " times; tap '", text,
           "' names none of them");
  const Call& call = found[tap.number - 1];
  if (call.bound)
    refuse("layer '", call.name(),
           "' is called inside a condition, a loop or a 'with' of forward, where the network "
           "cannot be cut; "
           "tap a layer around it, see tandem plugins layers");
  if (!call.can_be_tapped())
    refuse("layer '", call.name(), "' returns ", call.type,
           " instead of one tensor; tap a layer inside or around it, see tandem plugins layers");
  return call;
}

std::string note_on(const std::vector<Call>& calls, const Call& call) {
  const std::size_t count = calls_of(calls, call.layer).size();
  if (count == 1) return "";
  return tandem::Log::join("forward calls layer '", call.layer, "' ", count, " times; call ",
                           call.number, " is tapped ('", call.layer, "#N' names the N-th)");
}

void erase_marks(torch::jit::Block& block) {
  for (auto node = block.nodes().begin(); node != block.nodes().end(); ++node) {
    for (auto* inner : node->blocks()) erase_marks(*inner);
    if (node->kind() == mark_kind()) node.destroyCurrent();
  }
}

void return_only(Graph& graph, Value* value) {
  while (!graph.outputs().empty()) graph.eraseOutput(0);
  graph.registerOutput(value);
}

void drop_after(Node* last) {
  Node* const end = last->owningBlock()->return_node();
  while (last->next() != end) end->prev()->destroy();
}

/// Fixes every argument but the view at its default.
void fix_defaults(Graph& graph, const c10::FunctionSchema& schema) {
  const auto& arguments = schema.arguments();
  if (arguments.size() < 2) refuse("the model's forward takes no input");
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    if (!arguments[i].default_value())
      refuse("the model's forward needs the argument '", arguments[i].name(),
             "' beside the picture; wrap it in a module whose forward takes the picture alone");
  }
  const torch::jit::WithInsertPoint at(*graph.nodes().begin());
  for (std::size_t i = arguments.size(); i-- > 2;) {
    graph.inputs()[i]->replaceAllUsesWith(graph.insertConstant(*arguments[i].default_value()));
    graph.eraseInput(i);
  }
}

/// The host's batches are channels-last, where `view` fails on maps that it could flatten in the
/// memory order that the script was written for; `reshape` is the same function for both.
void reshape_instead_of_view(torch::jit::Block& block) {
  for (auto node = block.nodes().begin(); node != block.nodes().end(); ++node) {
    for (auto* inner : node->blocks()) reshape_instead_of_view(*inner);
    if (node->kind() != c10::aten::view || node->inputs().size() != 2) continue;
    if (node->input(1)->type()->kind() != c10::TypeKind::ListType) continue;
    Node* const reshape = block.owningGraph()->create(c10::aten::reshape, node->inputs());
    reshape->insertBefore(*node);
    reshape->output()->setType(node->output()->type());
    node->output()->replaceAllUsesWith(reshape->output());
    node.destroyCurrent();
  }
}

}  // namespace

std::vector<std::string> tap_names(const std::vector<Call>& calls) {
  std::vector<std::string> names;
  for (const auto& call : calls)
    if (call.can_be_tapped()) names.push_back(call.name());
  const auto depth = [](const std::string& name) {
    return std::count(name.begin(), name.end(), '.');
  };
  std::stable_sort(names.begin(), names.end(),
                   [&](const auto& a, const auto& b) { return depth(a) < depth(b); });
  return names;
}

Cut cut(const Module& module, const MarkedGraph& marked, const std::string& tap) {
  const auto& [graph, calls] = marked;
  Cut result{graph, ""};
  if (!tap.empty()) {
    const Call call = find_call(calls, module, tap);
    result.note = note_on(calls, call);
    return_only(*graph, call.mark->input());
    drop_after(call.mark);
  } else if (graph->outputs()[0]->type()->kind() != c10::TypeKind::TensorType) {
    refuse("the model returns ", graph->outputs()[0]->type()->annotation_str(),
           " instead of one tensor; set backbone.tap to a layer");
  }
  erase_marks(*graph->block());
  fix_defaults(*graph, module.get_method("forward").function().getSchema());
  reshape_instead_of_view(*graph->block());
  torch::jit::EliminateDeadCode(graph);
  return result;
}

}  // namespace torchscript
