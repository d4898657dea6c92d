#include "embed/cut.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"
#include "tandem/sdk/backbone.hpp"
#include "tandem/sdk/tap.hpp"

#include <torch/nn/modules/container/sequential.h>

#include <charconv>
#include <string_view>
#include <typeinfo>

namespace tandem::host {
namespace {

using torch::nn::AnyModule;
using torch::nn::AnyValue;
using torch::nn::Module;
using torch::nn::SequentialImpl;

at::Tensor tensor_in(AnyValue& value) {
  const auto* tensor = value.try_get<at::Tensor>();
  return tensor != nullptr ? *tensor : at::Tensor();
}

/// `module` as a chain, whose forward is its children in order; null where it is none. A class
/// derived from Sequential is none: what its forward adds may show in training alone (dropout).
SequentialImpl* as_chain(Module& module) {
  if (typeid(module) != typeid(SequentialImpl)) return nullptr;
  auto& chain = static_cast<SequentialImpl&>(module);
  return chain.is_empty() ? nullptr : &chain;
}

/// A child by its name or its index, which may count from the end.
std::optional<std::size_t> find_child(const SequentialImpl& chain, std::string_view word) {
  const auto names = chain.named_children().keys();
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == word) return i;
  int index = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, index);
  if (error != std::errc() || stop != end) return std::nullopt;
  const int count = static_cast<int>(names.size());
  if (index < 0) index += count;
  if (index < 0 || index >= count) return std::nullopt;
  return static_cast<std::size_t>(index);
}

/// What the first `count` children of a chain give.
AnyValue run_children(SequentialImpl& chain, const at::Tensor& x, std::size_t count) {
  AnyValue value(x);
  auto child = chain.begin();
  for (std::size_t i = 0; i < count; ++i, ++child) value = child->any_forward(std::move(value));
  return value;
}

void list_chain(SequentialImpl& chain, const at::Tensor& x, std::vector<LayerInfo>& list) {
  const auto names = chain.named_children().keys();
  AnyValue value(x);
  std::size_t i = 0;
  for (AnyModule& child : chain) {
    value = child.any_forward(std::move(value));
    if (const auto output = tensor_in(value); output.defined())
      list.push_back({names[i], output.sizes().vec()});
    ++i;
  }
}

bool is_submodule(const Module& module, const std::string& name) {
  return module.named_modules("", /*include_self=*/false).contains(name);
}

}  // namespace

Cut::Cut(const Model& model, const Layer& layer, const at::Tensor& sample)
    : forward_(model.forward()), name_(layer.name) {
  if (name_.empty()) return;
  if (auto* chain = as_chain(*model.module())) child_ = find_child(*chain, name_);
  if (!child_ && !run(*model.module(), sample.clone()).defined()) unknown(model, sample);
}

at::Tensor Cut::run(Module& module, const at::Tensor& x) const {
  if (name_.empty()) return forward_(module, x);
  if (!child_) return run_to_tap(name_, [&] { forward_(module, x); });
  AnyValue value = run_children(*as_chain(module), x, *child_ + 1);
  const auto output = tensor_in(value);
  if (!output.defined())
    throw Error(ErrorKind::config, description() + " gives something that is no tensor");
  return output;
}

std::string Cut::description() const {
  if (name_.empty()) return "the model's output";
  if (child_) return "layer '" + name_ + "'";
  const bool says_which = name_.find('#') != std::string::npos;
  return "tap '" + name_ + "'" + (says_which ? "" : ", the first time that forward passes it");
}

void Cut::unknown(const Model& model, const at::Tensor& sample) const {
  const std::string type = model.module()->name();
  const std::string line = "x = tandem::tap(\"" + name_ + "\", x); (tandem/sdk/tap.hpp)";
  std::vector<std::string> names;
  for (const auto& item : list_layers(model, sample)) names.push_back(item.name);
  if (is_submodule(*model.module(), name_)) {
    throw Error(ErrorKind::config, "layer '" + name_ + "' of '" + type +
                                       "' runs inside a forward of its own: name its output there "
                                       "by " +
                                       line);
  }
  if (names.empty()) {
    throw Error(ErrorKind::config, "model '" + type + "' has no layer '" + name_ +
                                       "', since it names none: write " + line + " in its forward");
  }
  unknown_tap(type, name_, names);
}

std::vector<LayerInfo> list_layers(const Model& model, const at::Tensor& sample) {
  std::vector<LayerInfo> list;
  if (SequentialImpl* chain = as_chain(*model.module())) list_chain(*chain, sample.clone(), list);
  for (auto& point : taps_passed([&] { model.forward()(*model.module(), sample.clone()); }))
    list.push_back({std::move(point.name), std::move(point.shape)});
  return list;
}

}  // namespace tandem::host
