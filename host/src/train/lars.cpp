#include "train/device_updates.hpp"
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

/// What a dialect of LARS decides for one parameter at one step.
struct Adaptation {
  double scale = 1;
  double weight_decay = 0;
};

/// From the squares of the weights and of the gradient with its decay.
Adaptation official(const Squares& norms, double decay, double eta) {
  if (norms.value == 0 || norms.update == 0) return {1, decay};
  return {eta * std::sqrt(norms.value) / std::sqrt(norms.update), decay};
}

/// solo-learn's and lightly's: from the gradient's own norm. `clip`: by this learning rate.
Adaptation bolts(const Squares& norms, double decay, double eta, std::optional<double> clip) {
  constexpr double eps = 1e-8;
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

  /// What goes into the norm of the gradient.
  double decay_in_norm(const Slot& slot) const {
    return options_.dialect == LarsDialect::official ? slot.weight_decay : 0;
  }

  Adaptation adapt(const Update& update, const Squares& norms) const {
    const double decay = update.slot.weight_decay;
    if (options_.dialect == LarsDialect::official) return official(norms, decay, options_.eta);
    const auto clip = options_.clip_lr ? std::optional(update.lr) : std::nullopt;
    return bolts(norms, decay, options_.eta, clip);
  }

  MomentumStep step_of(const Update& update, const Adaptation& adaptation) const {
    return {.lr = update.lr,
            .momentum = options_.momentum,
            .weight_decay = adaptation.weight_decay,
            .scale = adaptation.scale};
  }

  bool walk(const Update& update) override {
    const Slot& slot = update.slot;
    if (!walk_together({&slot.value, &update.grad, &slot.state[0]})) return false;
    const Adaptation adaptation =
        adapts(slot)
            ? adapt(update, squares_by_memory(slot.value, update.grad, decay_in_norm(slot)))
            : Adaptation{1, slot.weight_decay};
    return walk_momentum(slot.value, update.grad, slot.state[0], step_of(update, adaptation));
  }

  void update_together(std::span<const Update> updates) override {
    Tensors values, grads, buffers;
    std::vector<double> in_norms;
    for (const Update& update : updates) {
      values.push_back(update.slot.value);
      grads.push_back(update.grad);
      buffers.push_back(update.slot.state[0]);
      in_norms.push_back(decay_in_norm(update.slot));
    }
    const auto weights = lengths(values);
    const auto gradients = lengths(decayed(grads, values, in_norms));
    std::vector<MomentumStep> steps;
    for (std::size_t i = 0; i < updates.size(); ++i) {
      const Squares norms{weights[i] * weights[i], gradients[i] * gradients[i]};
      const Slot& slot = updates[i].slot;
      steps.push_back(step_of(
          updates[i], adapts(slot) ? adapt(updates[i], norms) : Adaptation{1, slot.weight_decay}));
    }
    momentum_together(values, grads, buffers, steps);
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
