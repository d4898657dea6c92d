#include "train/device_updates.hpp"
#include "train/momentum.hpp"
#include "train/optimizer.hpp"

#include "tandem/base/error.hpp"

#include <utility>
#include <vector>

namespace tandem::train {
namespace {

class Sgd final : public Optimizer {
 public:
  Sgd(std::vector<TrainedParameter> parameters, const SgdOptions& options,
      std::int64_t global_batch)
      : Optimizer(std::move(parameters), options, global_batch, {{"momentum"}, false}),
        options_(options) {}

 private:
  MomentumStep step_of(const Update& update) const {
    return {.lr = update.lr,
            .momentum = options_.momentum,
            .weight_decay = update.slot.weight_decay,
            .nesterov = options_.nesterov};
  }

  bool walk(const Update& update) override {
    return walk_momentum(update.slot.value, update.grad, update.slot.state[0], step_of(update));
  }

  void update_together(std::span<const Update> updates) override {
    Tensors values, grads, buffers;
    std::vector<MomentumStep> steps;
    for (const Update& update : updates) {
      values.push_back(update.slot.value);
      grads.push_back(update.grad);
      buffers.push_back(update.slot.state[0]);
      steps.push_back(step_of(update));
    }
    momentum_together(values, grads, buffers, steps);
  }

  SgdOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(std::vector<TrainedParameter> parameters,
                                          const SgdOptions& options, std::int64_t global_batch) {
  if (options.nesterov && options.momentum == 0) {
    throw Error(ErrorKind::config,
                "nesterov needs a momentum above 0: give one, or leave nesterov out");
  }
  return std::make_unique<Sgd>(std::move(parameters), options, global_batch);
}

}  // namespace tandem::train
