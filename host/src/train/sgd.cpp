#include "train/momentum.hpp"
#include "train/optimizer.hpp"

#include "tandem/base/error.hpp"

#include <utility>

namespace tandem::train {
namespace {

class Sgd final : public Optimizer {
 public:
  Sgd(std::vector<TrainedParameter> parameters, const SgdOptions& options,
      std::int64_t global_batch)
      : Optimizer(std::move(parameters), options, global_batch, {{"momentum"}, false}),
        options_(options) {}

 private:
  void update(Slot& slot, const at::Tensor& grad, double lr) override {
    apply_momentum(slot.value, grad, slot.state[0],
                   {.lr = lr,
                    .momentum = options_.momentum,
                    .weight_decay = slot.weight_decay,
                    .nesterov = options_.nesterov});
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
