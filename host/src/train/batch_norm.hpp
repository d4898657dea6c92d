#pragma once

#include "tandem/sdk/collective.hpp"
#include "tandem/sdk/fused_norm.hpp"

#include <optional>

namespace tandem::train {

/// While it lives, BatchNorm in training mode that this thread runs takes each batch for those of
/// so many views, one after another: see BatchNormParts. Whoever runs it: modules of plugins and
/// scripted ones alike, and the SDK's `batch_norm_relu`; InstanceNorm stays with its samples. On
/// the CPU; over ranks where that is in force too. Replaces the kernels that BatchNormOverRanks
/// does. [one thread a scope]
class BatchNormOfViews {
 public:
  explicit BatchNormOfViews(std::size_t views);

 private:
  BatchNormParts parts_;
};

/// While it lives, BatchNorm in training mode that this thread runs sees the batches of all ranks
/// as one batch, whoever runs it: modules of plugins and scripted ones alike, and the SDK's
/// `batch_norm_relu`. InstanceNorm stays with its samples. Does nothing on one rank. The ranks may
/// have different numbers of rows.
///
/// The first one replaces LibTorch's CPU kernels of `aten::batch_norm` and `aten::instance_norm`
/// for autograd, for the rest of the process; without a scope they do what LibTorch's own do.
/// Throws Error(usage) where somebody else has replaced them. Gradients of a scale and a shift are
/// this rank's: their mean over ranks is the whole batch's. [one thread a scope; scopes on several
/// threads]
class BatchNormOverRanks {
 public:
  /// `collective` must outlive every graph that is made in the scope.
  explicit BatchNormOverRanks(Collective& collective);
  ~BatchNormOverRanks();
  BatchNormOverRanks(const BatchNormOverRanks&) = delete;
  BatchNormOverRanks& operator=(const BatchNormOverRanks&) = delete;

 private:
  Collective* outer_;
  std::optional<PlainBatchNorm> plain_;  // what is replaced is LibTorch's own kernel
};

}  // namespace tandem::train
