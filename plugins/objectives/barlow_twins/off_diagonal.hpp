#pragma once

#include "normalise.hpp"
#include "setting.hpp"

namespace tandem::barlow_twins {

/// The off-diagonal energy Σ_{i≠j} cᵢⱼ² of each pair of views, by either form.
struct OffDiagonal {
  at::Tensor energy;  ///< float64, one a pair
  Tensors matrices;  ///< Gram: ẑẑᵀ of each view, this rank's rows; correlation: C of each pair,
                     ///< diagonal 0
  Tensors everywhere;  ///< Gram: ẑ of all ranks, one a view
};

/// `z`: normalised views of this rank. `diagonal`: cᵢᵢ, one line a pair.
OffDiagonal off_diagonal(const Tensors& z, const at::Tensor& diagonal, const Setting& setting);

/// Adds lambda/pairs times the gradient of the energies to `grads`. In the Gram form it is the
/// gradient of Σᵢⱼ cᵢⱼ², diagonal and all.
void add_off_diagonal_grads(Tensors& grads, const Tensors& z, const OffDiagonal& saved,
                            const Setting& setting);

}  // namespace tandem::barlow_twins
