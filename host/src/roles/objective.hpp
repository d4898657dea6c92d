#pragma once

#include "plugin/catalog.hpp"
#include "tandem/sdk/objective.hpp"

#include <memory>

namespace tandem::roles {

/// Makes an objective whose every call is guarded, and whose `loss` sees float32 (float64 stays)
/// with autocast off. The values are checked ones of the factory's schema.
std::unique_ptr<Objective> make_objective(const plugin::Found<ObjectiveFactory>& found,
                                          const ParamValues& values,
                                          const ObjectiveContext& context);

/// In float32 where it is bfloat16 or half; otherwise as it is.
at::Tensor widened(const at::Tensor& tensor);
Embedding widened(const Embedding& embedding);

/// The same values, detached: what `after_optimizer_step` is given.
Embedding without_graph(const Embedding& embedding);

}  // namespace tandem::roles
