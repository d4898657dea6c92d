#include "tandem/sdk/objective.hpp"

#include "tandem/base/error.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/lerp.h>

#include <unordered_map>

namespace tandem {

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
  at::NoGradGuard no_grad;
  std::unordered_map<std::string, at::Tensor> source;
  for (auto& [name, tensor] : state_of(online).parameters) source.emplace(name, tensor);
  for (auto& [name, tensor] : state_of(target).parameters) {
    const auto found = source.find(name);
    if (found == source.end()) {
      throw Error(ErrorKind::internal,
                  "moving average: the online network has no parameter '" + name + "'");
    }
    // target + (1 - tau)·(online - target): one pass, exact where the two are equal.
    tensor.lerp_(found->second, 1.0 - tau);
  }
}

}  // namespace tandem
