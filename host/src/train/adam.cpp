#include "train/fused.hpp"
#include "train/kernels.hpp"
#include "train/optimizer.hpp"

#include <cmath>
#include <type_traits>
#include <utility>

namespace tandem::train {
namespace {

void by_operations(const at::Tensor& value, const at::Tensor& grad, const at::Tensor& mean,
                   const at::Tensor& square, const AdamStep& step) {
  const at::Tensor d = step.l2 == 0 ? grad : grad.add(value, step.l2);
  mean.lerp_(d, 1 - step.beta1);
  square.mul_(step.beta2).addcmul_(d, d, 1 - step.beta2);
  value.mul_(step.shrink).addcdiv_(mean, square.sqrt().div_(step.root).add_(step.eps), -step.rate);
}

void by_memory(const at::Tensor& value, const at::Tensor& grad, const at::Tensor& mean,
               const at::Tensor& square, const AdamStep& step) {
  with_element_type(value, [&](auto* element) {
    using T = std::remove_pointer_t<decltype(element)>;
    T* const p = value.data_ptr<T>();
    const T* const g = grad.const_data_ptr<T>();
    T* const m = mean.data_ptr<T>();
    T* const v = square.data_ptr<T>();
    for_blocks(value.numel(), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      adam_step(p + begin, g + begin, m + begin, v + begin, end - begin, step);
    });
  });
  mark_changed(value);
  mark_changed(mean);
  mark_changed(square);
}

class Adam final : public Optimizer {
 public:
  Adam(std::vector<TrainedParameter> parameters, const AdamOptions& options,
       std::int64_t global_batch)
      : Optimizer(std::move(parameters), options, global_batch, {{"mean", "square"}, true}),
        options_(options) {}

 private:
  AdamStep step_of(const Slot& slot, double lr, std::int64_t steps) const {
    const double t = static_cast<double>(steps);
    return {.l2 = options_.decoupled ? 0 : slot.weight_decay,
            .shrink = options_.decoupled ? 1 - lr * slot.weight_decay : 1,
            .beta1 = options_.beta1,
            .beta2 = options_.beta2,
            .rate = lr / (1 - std::pow(options_.beta1, t)),
            .root = std::sqrt(1 - std::pow(options_.beta2, t)),
            .eps = options_.eps};
  }

  void update(Slot& slot, const at::Tensor& grad, double lr) override {
    const std::int64_t steps = ++*slot.steps.data_ptr<std::int64_t>();
    const AdamStep step = step_of(slot, lr, steps);
    const at::Tensor& mean = slot.state[0];
    const at::Tensor& square = slot.state[1];
    if (walk_together({&slot.value, &grad, &mean, &square})) {
      by_memory(slot.value, grad, mean, square, step);
    } else {
      by_operations(slot.value, grad, mean, square, step);
    }
  }

  AdamOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(std::vector<TrainedParameter> parameters,
                                          const AdamOptions& options, std::int64_t global_batch) {
  return std::make_unique<Adam>(std::move(parameters), options, global_batch);
}

}  // namespace tandem::train
