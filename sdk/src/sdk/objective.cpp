#include "tandem/sdk/objective.hpp"

#include "tandem/base/error.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/lerp.h>

#include <unordered_map>

namespace tandem {
namespace {

[[noreturn]] void refuse_average(const std::string& why) {
  throw Error(ErrorKind::internal, "moving average: " + why);
}

/// The online tensor for each of the target's. Refuses two that do not have the same parameters.
std::vector<at::Tensor> partners(const std::vector<NamedTensor>& target,
                                 const std::vector<NamedTensor>& online) {
  std::unordered_map<std::string_view, at::Tensor> left;
  for (const auto& item : online) left.emplace(item.name, item.tensor);
  std::vector<at::Tensor> found;
  for (const auto& [name, tensor] : target) {
    const auto partner = left.find(name);
    if (partner == left.end()) refuse_average("the online network has no parameter '" + name + "'");
    if (partner->second.sizes() != tensor.sizes())
      refuse_average(Log::join("'", name, "' has shape ", tensor.sizes(), " in the target and ",
                               partner->second.sizes(), " in the online network"));
    found.push_back(partner->second);
    left.erase(partner);
  }
  for (const auto& item : online)
    if (left.contains(item.name)) refuse_average("the target has no parameter '" + item.name + "'");
  return found;
}

}  // namespace

Encoder::~Encoder() = default;
Objective::Objective(const ObjectiveContext& context) : context_(context) {}
Objective::~Objective() = default;
ObjectiveFactory::~ObjectiveFactory() = default;

Latents Objective::encode(const at::Tensor& view, const ViewContext&) {
  return {encoder()(view), {}};
}

void Objective::after_backward(const StepContext&) {}
void Objective::after_optimizer_step(std::span<const Embedding>, const StepContext&) {}
std::vector<ParameterHint> Objective::parameter_hints() const {
  return {};
}

void ema_update(Stateful& target, Stateful& online, double tau) {
  const at::NoGradGuard no_grad;
  const auto targets = state_of(target).parameters, onlines = state_of(online).parameters;
  const auto sources = partners(targets, onlines);
  // target + (1 - tau)·(online - target): one pass, exact where the two are equal.
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i].tensor.lerp_(sources[i], 1.0 - tau);
}

}  // namespace tandem
