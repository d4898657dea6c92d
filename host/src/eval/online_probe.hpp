#pragma once

#include "eval/class_numbers.hpp"
#include "eval/features.hpp"
#include "eval/probe_trainer.hpp"
#include "tandem/sdk/stateful.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tandem::eval {

/// A linear classifier of latents that is trained beside the network, one step a step of it: how
/// far the features separate classes while they are still being learnt. No gradient leaves it, and
/// it draws from no random numbers but its own. Cross-entropy, SGD with momentum 0.9, rate 0.1, no
/// weight decay (solo-learn's online classifier on CIFAR-10, at a constant rate). [one thread]
class OnlineProbe {
 public:
  static constexpr double rate = 0.1;
  static constexpr double momentum = 0.9;

  /// For the classes of `labels`; latents are `width` wide. Precondition: there is a class.
  OnlineProbe(const std::vector<std::int64_t>& labels, std::int64_t width, std::uint64_t seed);

  std::int64_t steps() const;  ///< that it has learnt from
  std::int64_t classes() const { return classes_.count(); }
  /// One step on latents (N, F) with N labels; rows without one take no part. Answers first, then
  /// learns.
  void learn(const at::Tensor& latents, std::span<const std::int64_t> labels);
  /// Share of right answers in `learn` since the last call, 0 … 1; NaN where there was none.
  double take_accuracy();
  /// Share of the labelled rows that it answers rightly; NaN where no row has a label.
  double accuracy(const Features& features) const;
  /// Names all that it has learnt and counted, as buffers.
  void visit(StateVisitor& visitor);

 private:
  ClassNumbers classes_;
  ProbeTrainer trainer_;
  at::Tensor counts_;  // int64: right answers and answers since they were taken, steps
};

}  // namespace tandem::eval
