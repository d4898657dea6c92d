#include "train/fused.hpp"
#include "train/momentum.hpp"
#include "train/optimizer.hpp"

#include "tandem/base/error.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace tandem::train {
namespace {

Squares squares_by_operations(const at::Tensor& value, const at::Tensor& grad, double decay) {
  const double p = value.norm().item<double>();
  const double d = grad.add(value, decay).norm().item<double>();
  return {p * p, d * d};
}

Squares squares_by_memory(const at::Tensor& value, const at::Tensor& grad, double decay) {
  std::vector<Squares> parts(static_cast<std::size_t>(block_count(value.numel())));
  with_element_type(value, [&](auto* element) {
    using T = std::remove_pointer_t<decltype(element)>;
    const T* const p = value.const_data_ptr<T>();
    const T* const g = grad.const_data_ptr<T>();
    for_blocks(value.numel(), [&](std::int64_t block, std::int64_t begin, std::int64_t end) {
      parts[static_cast<std::size_t>(block)] = squares(p + begin, g + begin, end - begin, decay);
    });
  });
  Squares sum;
  for (const Squares& part : parts) {
    sum.value += part.value;
    sum.update += part.update;
  }
  return sum;
}

Squares squares_of(const at::Tensor& value, const at::Tensor& grad, double decay) {
  if (walk_together({&value, &grad})) return squares_by_memory(value, grad, decay);
  return squares_by_operations(value, grad, decay);
}

/// What a dialect of LARS decides for one parameter at one step.
struct Adaptation {
  double scale = 1;
  double weight_decay = 0;
};

Adaptation official(const at::Tensor& value, const at::Tensor& grad, double decay, double eta) {
  const Squares norms = squares_of(value, grad, decay);
  if (norms.value == 0 || norms.update == 0) return {1, decay};
  return {eta * std::sqrt(norms.value) / std::sqrt(norms.update), decay};
}

/// solo-learn's and lightly's: from the gradient's own norm. `clip`: by this learning rate.
Adaptation bolts(const at::Tensor& value, const at::Tensor& grad, double decay, double eta,
                 std::optional<double> clip) {
  constexpr double eps = 1e-8;
  const Squares norms = squares_of(value, grad, 0);
  if (norms.value == 0 || norms.update == 0) return {1, 0};
  const double weight = std::sqrt(norms.value);
  const double scale = eta * weight / (std::sqrt(norms.update) + decay * weight + eps);
  return {clip ? std::min(scale / *clip, 1.0) : scale, decay};
}

class Lars final : public Optimizer {
 public:
  Lars(std::vector<TrainedParameter> parameters, const LarsOptions& options,
       std::int64_t global_batch)
      : Optimizer(std::move(parameters), options, global_batch, {{"momentum"}, false}),
        options_(options) {}

 private:
  bool adapts(const Slot& slot) const {
    return !slot.excluded && (options_.dialect != LarsDialect::lightly || slot.weight_decay != 0);
  }

  Adaptation adapt(const Slot& slot, const at::Tensor& grad, double lr) const {
    if (!adapts(slot)) return {1, slot.weight_decay};
    if (options_.dialect == LarsDialect::official)
      return official(slot.value, grad, slot.weight_decay, options_.eta);
    const auto clip = options_.clip_lr ? std::optional(lr) : std::nullopt;
    return bolts(slot.value, grad, slot.weight_decay, options_.eta, clip);
  }

  void update(Slot& slot, const at::Tensor& grad, double lr) override {
    const Adaptation adaptation = adapt(slot, grad, lr);
    apply_momentum(slot.value, grad, slot.state[0],
                   {.lr = lr,
                    .momentum = options_.momentum,
                    .weight_decay = adaptation.weight_decay,
                    .scale = adaptation.scale});
  }

  LarsOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(std::vector<TrainedParameter> parameters,
                                          const LarsOptions& options, std::int64_t global_batch) {
  if (options.clip_lr && options.dialect != LarsDialect::solo)
    throw Error(ErrorKind::config,
                "clip_lr belongs to the dialect solo of LARS: name that, or leave clip_lr out");
  if (options.weight_decay == 0 && options.dialect == LarsDialect::lightly)
    throw Error(
        ErrorKind::config,
        "the dialect lightly of LARS adapts nothing without weight decay: give one, or use sgd");
  return std::make_unique<Lars>(std::move(parameters), options, global_batch);
}

}  // namespace tandem::train
