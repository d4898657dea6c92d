#include "train/device_updates.hpp"
#include "train/fused.hpp"
#include "train/kernels.hpp"
#include "train/optimizer.hpp"

#include <cmath>
#include <type_traits>
#include <utility>
#include <vector>

namespace tandem::train {
namespace {

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
  /// Counts it.
  AdamStep next_step(const Update& update) const {
    const double t = static_cast<double>(++*update.slot.steps.data_ptr<std::int64_t>());
    const double decay = update.slot.weight_decay;
    return {.l2 = options_.decoupled ? 0 : decay,
            .shrink = options_.decoupled ? 1 - update.lr * decay : 1,
            .beta1 = options_.beta1,
            .beta2 = options_.beta2,
            .rate = update.lr / (1 - std::pow(options_.beta1, t)),
            .root = std::sqrt(1 - std::pow(options_.beta2, t)),
            .eps = options_.eps};
  }

  bool walk(const Update& update) override {
    const at::Tensor& value = update.slot.value;
    const at::Tensor& mean = update.slot.state[0];
    const at::Tensor& square = update.slot.state[1];
    if (!walk_together({&value, &update.grad, &mean, &square})) return false;
    by_memory(value, update.grad, mean, square, next_step(update));
    return true;
  }

  void update_together(std::span<const Update> updates) override {
    Tensors values, grads, means, squares;
    std::vector<AdamStep> steps;
    for (const Update& update : updates) {
      values.push_back(update.slot.value);
      grads.push_back(update.grad);
      means.push_back(update.slot.state[0]);
      squares.push_back(update.slot.state[1]);
      steps.push_back(next_step(update));
    }
    adam_together(values, grads, means, squares, steps);
  }

  AdamOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(std::vector<TrainedParameter> parameters,
                                          const AdamOptions& options, std::int64_t global_batch) {
  return std::make_unique<Adam>(std::move(parameters), options, global_batch);
}

}  // namespace tandem::train
