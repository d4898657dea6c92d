#pragma once

#include "tandem/sdk/collective.hpp"

#include <ATen/core/Tensor.h>

#include <vector>

namespace tandem::barlow_twins {

using Tensors = std::vector<at::Tensor>;

inline at::Tensor row(const at::Tensor& matrix, std::size_t index) {
  return matrix[static_cast<std::int64_t>(index)];
}

/// Sums of columns over this rank's rows, one tensor a line, as means over the `batch` rows of all
/// ranks.
at::Tensor global_means(const Tensors& sums, double batch, Collective& collective);

/// ẑ of each view, and 1/√(variance + eps) as one line a view.
struct Normalised {
  Tensors views;
  at::Tensor scale;
};

/// Each feature to mean 0 and variance 1 over the batch of all ranks: biased variance, eps 1e-5. No
/// graph.
Normalised normalise(const Tensors& views, double batch, Collective& collective);

/// Turns gradients with respect to ẑ into gradients with respect to z, in place. Their columns add
/// up to zero over the batch, as do those of any function of C, since ẑ's do.
void normalise_backward(Tensors& grads, const Normalised& z, double batch, Collective& collective);

}  // namespace tandem::barlow_twins
