#pragma once

#include "tandem/base/export.hpp"

#include <ATen/core/Tensor.h>

namespace tandem {

/// Sums and gathers over the ranks of a run; lent by the host, valid as long as the run. On one
/// rank every operation is the identity. All ranks call the same operations in the same order.
/// A result must not be changed in place: it may be the argument itself. [one
/// thread at a time; several objects on several threads]
///
/// The host averages parameter gradients over ranks and takes the mean of `Loss::total`, so a loss
/// that every rank computes alike from reduced statistics has the gradient that one rank would
/// have.
class TANDEM_API Collective {
 public:
  virtual ~Collective();
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// The sum over ranks; differentiable, its backward sums over ranks.
  virtual at::Tensor all_reduce_sum(const at::Tensor& tensor) = 0;
  /// (N, …) on each rank → (size·N, …) in rank order; differentiable, its backward sums and takes
  /// the own slice.
  virtual at::Tensor all_gather(const at::Tensor& tensor) = 0;
};

/// The collective of one rank.
TANDEM_API Collective& single_rank();

}  // namespace tandem
