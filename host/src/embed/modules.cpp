#include "embed/modules.hpp"

#include "plugin/guard.hpp"
#include "roles/state.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/module.hpp"

#include <torch/types.h>

#include <optional>
#include <string_view>
#include <typeinfo>

namespace tandem::host {
namespace {

using torch::nn::Module;

/// A clone may have lost parts of what it is a clone of: one in a Sequential is null where its
/// class inherits `clone` from a base.
bool alike(const Module& one, const Module& other) {
  if (typeid(one) != typeid(other)) return false;
  const auto children = one.children(), others = other.children();
  if (children.size() != others.size()) return false;
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (others[i] == nullptr || !alike(*children[i], *others[i])) return false;
  }
  return true;
}

bool same_shapes(const std::vector<at::Tensor>& some, const std::vector<at::Tensor>& others) {
  if (some.size() != others.size()) return false;
  for (std::size_t i = 0; i < some.size(); ++i)
    if (some[i].sizes() != others[i].sizes()) return false;
  return true;
}

[[noreturn]] void refuse(const Module& module, std::string_view why) {
  throw Error(ErrorKind::usage,
              Log::join("the objective needs a second network like '", module.name(), "', but ",
                        why, "; say how to make another: host::Model(net, [] { return Net(…); })"));
}

std::shared_ptr<Module> clone_of(const Module& module) {
  std::shared_ptr<Module> copy;
  try {
    copy = module.clone();
  } catch (const std::exception& error) {
    const std::string_view text = error.what();
    refuse(module, Log::join("it cannot be cloned (", text.substr(0, text.find('\n')), ")"));
  }
  if (copy == nullptr || !alike(module, *copy))
    refuse(module, "its clone is another kind of module, or a part of it is");
  return copy;
}

std::shared_ptr<Module> made_by_caller(const Model& model) {
  try {
    return model.make_another()();
  } catch (...) {
    plugin::rethrow_as_error("making another of your model '" + model.module()->name() + "'",
                             ErrorKind::usage);
  }
}

void take_over(const std::vector<at::Tensor>& tensors, const std::vector<at::Tensor>& from,
               bool values) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    at::Tensor tensor = tensors[i];
    tensor.set_data(tensor.to(from[i].options()));
    if (values) tensor.copy_(from[i]);
    if (tensor.is_leaf() && tensor.is_floating_point())
      tensor.set_requires_grad(from[i].requires_grad());
  }
}

}  // namespace

KeepModule::KeepModule(const Module& module) {
  for (const auto& part : module.modules()) modes_.emplace_back(part, part->is_training());
  for (const auto& buffer : module.buffers())
    buffers_.push_back({buffer, buffer.detach().clone(), buffer._version()});
}

KeepModule::~KeepModule() {
  // Outermost first: a mode is handed down.
  for (const auto& [part, training] : modes_) part->train(training);
  const torch::NoGradGuard no_grad;
  for (auto& [tensor, value, version] : buffers_)
    if (tensor._version() != version) tensor.copy_(value);
}

std::shared_ptr<Module> another_module(const Model& model, bool copy) {
  const Module& module = *model.module();
  if (!copy && !model.make_another()) refuse(module, "its clone would have the same weights");
  std::optional<roles::KeepRandomState> keep;
  if (copy) keep.emplace();
  auto other = model.make_another() ? made_by_caller(model) : clone_of(module);
  if (other == nullptr) refuse(module, "what makes another one made nothing");
  if (!same_shapes(module.parameters(), other->parameters()) ||
      !same_shapes(module.buffers(), other->buffers()))
    refuse(module, "the other one has other parameters or buffers");
  const torch::NoGradGuard no_grad;
  take_over(other->parameters(), module.parameters(), copy);
  take_over(other->buffers(), module.buffers(), copy);
  const auto parts = module.modules(), others = other->modules();
  for (std::size_t i = 0; i < parts.size() && i < others.size(); ++i)
    others[i]->train(parts[i]->is_training());
  return other;
}

}  // namespace tandem::host
