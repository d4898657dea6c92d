#pragma once

#include "eval/scores.hpp"
#include "tandem/sdk/stateful.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace tandem::eval {

/// A linear classifier: C classes from F features.
struct Linear {
  at::Tensor weight;  ///< (C, F)
  at::Tensor bias;    ///< (C)
};

/// Steps of linear classifiers, one a learning rate, all from the same first weights through the
/// same batches: cross-entropy, SGD with momentum and weight decay on weight and bias. Side by
/// side: their weights are one matrix. In the type of the first weights, without a graph.
class ProbeTrainer {
 public:
  ProbeTrainer(const Linear& first, std::span<const double> rates, const LinearOptions& options);

  /// What the classifiers make of features (N, F): logits (N, probes, C).
  at::Tensor logits(const at::Tensor& features) const;
  /// One step of each on features (N, F) with N labels below C, at `share_of_rate` of its rate.
  void step(const at::Tensor& features, const at::Tensor& labels, double share_of_rate);
  /// One step, where `logits` are of these features already.
  void step(const at::Tensor& features, const at::Tensor& labels, double share_of_rate,
            const at::Tensor& logits);
  /// Copies, in the order of the rates.
  std::vector<Linear> probes() const;
  /// Names weights, biases and their speeds as buffers.
  void visit(StateVisitor& visitor) const;

 private:
  void move(at::Tensor& value, at::Tensor& speed, const at::Tensor& gradient,
            const at::Tensor& rates) const;

  double momentum_, weight_decay_;
  std::int64_t probes_, classes_;
  at::Tensor weight_, bias_, weight_speed_, bias_speed_;
  at::Tensor rates_;  // (probes · classes)
};

}  // namespace tandem::eval
