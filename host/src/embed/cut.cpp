#include "embed/cut.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"
#include "tandem/sdk/backbone.hpp"
#include "tandem/sdk/tap.hpp"

#include <ATen/ops/equal.h>
#include <torch/nn/modules/container/sequential.h>

#include <charconv>
#include <optional>
#include <span>
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

/// For a second look at a value: modules may change what they are given.
AnyValue copy_of(const AnyValue& value) {
  AnyValue copy(value);
  const auto tensor = tensor_in(copy);
  return tensor.defined() ? AnyValue(tensor.clone()) : copy;
}

AnyValue run_children(SequentialImpl& chain, AnyValue x) {
  for (AnyModule& child : chain) x = child.any_forward(std::move(x));
  return x;
}

/// `module` as a Sequential whose forward is its children in order; null where it is none. A class
/// derived from Sequential may have a forward of its own: `forward` on `x` shows.
template <class Forward>
SequentialImpl* as_chain(Module& module, const AnyValue& x, Forward&& forward) {
  auto* chain = dynamic_cast<SequentialImpl*>(&module);
  if (chain == nullptr || chain->is_empty()) return nullptr;
  if (typeid(module) == typeid(SequentialImpl)) return chain;
  AnyValue by_children = run_children(*chain, copy_of(x));
  AnyValue own = forward();
  const auto expected = tensor_in(own), found = tensor_in(by_children);
  const bool same = expected.defined() && found.defined() && expected.sizes() == found.sizes() &&
                    at::equal(expected, found);
  return same ? chain : nullptr;
}

SequentialImpl* as_chain(AnyModule& child, const AnyValue& x) {
  return as_chain(*child.ptr(), x, [&] { return child.any_forward(copy_of(x)); });
}

SequentialImpl* root_chain(const Model& model, const at::Tensor& sample) {
  return as_chain(*model.module(), AnyValue(sample),
                  [&] { return AnyValue(model.forward()(*model.module(), sample.clone())); });
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

std::vector<std::size_t> find_path(SequentialImpl* chain, std::string_view name, AnyValue x) {
  std::vector<std::size_t> path;
  while (chain != nullptr) {
    const auto dot = name.find('.');
    const auto child = find_child(*chain, name.substr(0, dot));
    if (!child) return {};
    path.push_back(*child);
    if (dot == std::string_view::npos) return path;
    auto part = chain->begin();
    for (std::size_t i = 0; i < *child; ++i, ++part) x = part->any_forward(std::move(x));
    chain = as_chain(*part, x);
    name.remove_prefix(dot + 1);
  }
  return {};
}

AnyValue run_path(SequentialImpl* chain, AnyValue x, std::span<const std::size_t> path) {
  for (;;) {
    auto child = chain->begin();
    for (std::size_t i = 0; i < path.front(); ++i, ++child) x = child->any_forward(std::move(x));
    if (path.size() == 1) return child->any_forward(std::move(x));
    chain = dynamic_cast<SequentialImpl*>(child->ptr().get());
    path = path.subspan(1);
  }
}

void list_chain(SequentialImpl& chain, AnyValue x, const std::string& prefix,
                std::vector<LayerInfo>& list) {
  const auto names = chain.named_children().keys();
  std::size_t i = 0;
  for (AnyModule& child : chain) {
    const std::string name = prefix + names[i++];
    const std::size_t place = list.size();
    if (SequentialImpl* inner = as_chain(child, x)) list_chain(*inner, x, name + ".", list);
    x = child.any_forward(std::move(x));
    if (const auto output = tensor_in(x); output.defined())
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(place), {name, output.sizes().vec()});
  }
}

bool is_submodule(const Module& module, const std::string& name) {
  return module.named_modules("", /*include_self=*/false).contains(name);
}

}  // namespace

Cut::Cut(const Model& model, const Layer& layer, const at::Tensor& sample)
    : forward_(model.forward()), name_(layer.name) {
  if (name_.empty()) return;
  path_ = find_path(root_chain(model, sample), name_, AnyValue(sample.clone()));
  if (!run(*model.module(), sample.clone()).defined()) unknown(model, sample);
}

at::Tensor Cut::run(Module& module, const at::Tensor& x) const {
  if (name_.empty()) return forward_(module, x);
  if (path_.empty()) return run_to_tap(name_, [&] { forward_(module, x); });
  AnyValue value = run_path(dynamic_cast<SequentialImpl*>(&module), AnyValue(x), path_);
  const auto output = tensor_in(value);
  if (!output.defined())
    throw Error(ErrorKind::config, description() + " gives something that is no tensor");
  return output;
}

std::string Cut::description() const {
  if (name_.empty()) return "the model's output";
  if (!path_.empty()) return "layer '" + name_ + "'";
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
  if (SequentialImpl* chain = root_chain(model, sample))
    list_chain(*chain, AnyValue(sample.clone()), "", list);
  for (auto& point : taps_passed([&] { model.forward()(*model.module(), sample.clone()); }))
    list.push_back({std::move(point.name), std::move(point.shape)});
  return list;
}

}  // namespace tandem::host
