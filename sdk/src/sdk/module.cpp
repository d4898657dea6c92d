#include "tandem/sdk/module.hpp"

#include "tandem/base/error.hpp"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

namespace tandem {
namespace {

void visit_module(torch::nn::Module& module, StateVisitor& visitor, const std::string& prefix,
                  bool as_buffers) {
  for (const auto& item : module.named_parameters()) {
    const std::string name = prefix + item.key();
    if (as_buffers)
      visitor.buffer(name, item.value());
    else
      visitor.parameter(name, item.value());
  }
  for (const auto& item : module.named_buffers()) visitor.buffer(prefix + item.key(), item.value());
}

std::string prefix_of(const std::string& name) {
  return name.empty() ? name : name + ".";
}

/// Each in both, in one shape.
template <class Items>
void require_alike(const Items& to, const Items& from) {
  const auto refuse = [](const std::string& name) {
    throw Error(ErrorKind::internal, "copy of a module's state: '" + name + "' does not match");
  };
  for (const auto& item : to) {
    const auto* source = from.find(item.key());
    if (source == nullptr || source->sizes() != item.value().sizes()) refuse(item.key());
  }
  for (const auto& item : from)
    if (!to.contains(item.key())) refuse(item.key());
}

template <class Items>
void copy_items(const Items& to, const Items& from) {
  for (const auto& item : to) {
    auto target = item.value();
    target.copy_(from[item.key()]);
  }
}

}  // namespace

ModuleState::ModuleState() = default;

void ModuleState::add(const std::string& name, std::shared_ptr<torch::nn::Module> module) {
  modules_.push_back({name, std::move(module), false});
}

void ModuleState::add_target(const std::string& name, std::shared_ptr<torch::nn::Module> module) {
  for (auto& parameter : module->parameters()) parameter.set_requires_grad(false);
  modules_.push_back({name, std::move(module), true});
}

void ModuleState::add_target(const std::string& name, std::shared_ptr<Encoder> encoder) {
  for (auto& item : state_of(*encoder).parameters) item.tensor.set_requires_grad(false);
  encoders_.push_back({name, std::move(encoder)});
}

void ModuleState::visit(StateVisitor& visitor) {
  for (auto& item : modules_)
    visit_module(*item.module, visitor, prefix_of(item.name), item.target);
  for (auto& item : encoders_) visit_as(*item.encoder, visitor, prefix_of(item.name), true);
}

void ModuleState::train(bool on) {
  for (auto& item : modules_) item.module->train(on);
  for (auto& item : encoders_) item.encoder->train(on);
}

void ModuleState::to(at::Device device, at::ScalarType type) {
  for (auto& item : modules_) {
    for (const auto& parameter : item.module->parameters()) move_to(parameter, device, type);
    for (const auto& buffer : item.module->buffers()) move_to(buffer, device, type);
  }
  for (auto& item : encoders_) item.encoder->to(device, type);
}

torch::nn::Sequential make_mlp(const MlpOptions& options) {
  torch::nn::Sequential mlp;
  std::int64_t width = options.input;
  for (std::size_t i = 0; i < options.widths.size(); ++i) {
    const bool last = i + 1 == options.widths.size();
    const bool bias = last ? options.last_bias : options.hidden_bias || !options.norm;
    mlp->push_back(
        torch::nn::Linear(torch::nn::LinearOptions(width, options.widths[i]).bias(bias)));
    width = options.widths[i];
    if (last ? options.last_norm : options.norm) {
      mlp->push_back(torch::nn::BatchNorm1d(
          torch::nn::BatchNorm1dOptions(width).affine(!last || options.last_affine)));
    }
    if (!last) mlp->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(true)));
  }
  return mlp;
}

void copy_state(torch::nn::Module& to, const torch::nn::Module& from) {
  const torch::NoGradGuard no_grad;
  const auto parameters = to.named_parameters(), their_parameters = from.named_parameters();
  const auto buffers = to.named_buffers(), their_buffers = from.named_buffers();
  require_alike(parameters, their_parameters);
  require_alike(buffers, their_buffers);
  copy_items(parameters, their_parameters);
  copy_items(buffers, their_buffers);
}

}  // namespace tandem
