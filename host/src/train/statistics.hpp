#pragma once

#include "tandem/sdk/stateful.hpp"

#include <vector>

namespace tandem::train {

/// A copy of what passes through networks change: BatchNorm's running values, which are buffers of
/// at most one dimension. Larger ones (a target's weights) change behind an optimizer step alone.
/// [main thread]
class Statistics {
 public:
  /// Copies what the objects hold now; memory is used again where sizes are as they were.
  void keep(const std::vector<Stateful*>& objects);
  /// Puts the values that were kept last back where they came from: into the tensors that the
  /// objects, which must live, hold now. A scripted network may have put others in their places.
  void restore();

 private:
  std::vector<Stateful*> objects_;
  std::vector<at::Tensor> values_;
};

}  // namespace tandem::train
