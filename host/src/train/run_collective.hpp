#pragma once

#include "tandem/sdk/collective.hpp"

namespace tandem::train {

/// What a step asks of the ranks of a run beyond the SDK's collective; found by dynamic_cast, and
/// done without where it is not there. [one thread at a time]
class RunCollective : public Collective {
 public:
  /// Starts to sum a tensor over ranks, in place; nobody may touch it before `finish_sum`. All
  /// ranks start the same sums in the same order. Where they stand among the other operations is
  /// each rank's own business: they travel apart.
  virtual void start_sum(const at::Tensor& tensor) = 0;
  /// Waits for the oldest sum that was started.
  virtual void finish_sum() = 0;
  /// Forgets those that are under way, where a step failed: the run cannot go on then.
  virtual void drop_sums() noexcept = 0;
  /// Whether this rank is at a step. Whatever it does outside of one may take as long as it likes.
  virtual void in_step(bool yes) = 0;
};

}  // namespace tandem::train
