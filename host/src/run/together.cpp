#include "run/together.hpp"

#include "checkpoint/weights.hpp"

#include <ATen/ops/scalar_tensor.h>

#include <vector>

namespace tandem::run {

Collective& ranks_of(train::ProcessGroup* group) {
  return group != nullptr ? static_cast<Collective&>(*group) : single_rank();
}

std::int64_t said_by_first(std::int64_t own, Collective& ranks) {
  const at::Tensor said = at::scalar_tensor(ranks.rank() == 0 ? own : 0, at::kLong);
  return ranks.all_reduce_sum(said).item<std::int64_t>();
}

train::Position share_start(train::ProcessGroup* group, Learning& learning,
                            const train::Position& start) {
  if (group == nullptr) return start;
  const at::Tensor step = at::scalar_tensor(start.step, at::kLong);
  const at::Tensor ended = at::scalar_tensor(start.epoch_ended ? 1 : 0, at::kLong);
  std::vector<at::Tensor> tensors = {step, ended};
  auto& learner = learning.learner();
  const auto optimizer =
      checkpoint::collect([&](StateVisitor& visitor) { learner.optimizer().visit(visitor); });
  for (const State& state :
       {state_of(learner.encoder()), state_of(learner.objective()), optimizer}) {
    for (const auto* list : {&state.parameters, &state.buffers})
      for (const auto& item : *list) tensors.push_back(item.tensor);
  }
  group->copy_from_first(tensors);
  train::Position shared;
  shared.step = step.item<std::int64_t>();
  shared.epoch_ended = ended.item<std::int64_t>() != 0;
  return shared;
}

std::function<bool(bool)> agreement(train::ProcessGroup* group) {
  if (group == nullptr) return nullptr;
  return [group](bool wish) {
    const at::Tensor wishes = at::scalar_tensor(wish ? 1 : 0, at::kLong);
    return group->all_reduce_sum(wishes).item<std::int64_t>() > 0;
  };
}

}  // namespace tandem::run
