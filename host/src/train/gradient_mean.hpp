#pragma once

#include "tandem/sdk/collective.hpp"
#include "train/optimizer.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace tandem::train {

/// Replaces each parameter's gradient by its mean over ranks, in place, many parameters a message:
/// in buckets, which begin to travel while a backward pass is still at work on the others, where
/// the collective can (RunCollective). The means are the same bits either way.
///
/// Where a rank has no gradient, since its samples did not use the parameter, that counts as zero;
/// a parameter that no rank used stays without. Every rank has the same parameters in the same
/// order. On one rank nothing is done. [main thread]
class GradientMean {
 public:
  /// `collective` must outlive this, or a step at least. The parameters are watched, not changed.
  GradientMean(Collective& collective, std::vector<TrainedParameter> parameters,
               std::int64_t bucket_bytes = 25 << 20);
  ~GradientMean();
  GradientMean(GradientMean&&) noexcept;

  /// To be called before a backward pass that is the only one of its step, with no gradients yet.
  /// Without it nothing travels before `finish`.
  void begin();
  /// After the last backward pass: sends what has not gone yet, and waits. Where a gradient turns
  /// out to have changed on any rank after its bucket had gone (a pass within the pass), all go
  /// again, and from then on all go in `finish`.
  void finish();
  /// Where the step failed in between. Its ranks are out of step for good.
  void abandon() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;  // null on one rank
};

}  // namespace tandem::train
