#pragma once

#include "tandem/sdk/collective.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace tandem::barlow_twins {

/// Two ways to one value and one gradient: C = ẑ₁ᵀẑ₂/N itself (D×D), or ẑ₁ẑ₁ᵀ and ẑ₂ẑ₂ᵀ (N×N) by
/// Σᵢⱼ cᵢⱼ² = ⟨ẑ₁ẑ₁ᵀ, ẑ₂ẑ₂ᵀ⟩/N².
enum class Form { gram, correlation };

/// The form with fewer multiplications: 4VN²D, as on several ranks, against 3V(V−1)ND² over V
/// views, forward and backward.
Form cheaper_form(std::int64_t global_batch, std::int64_t width, std::size_t views);

/// Means over all pairs of views, for the global batch; 0-dim. The terms are detached.
struct Terms {
  at::Tensor loss;       ///< on_diag + lambda·off_diag, carries the gradient
  at::Tensor on_diag;    ///< Σᵢ (cᵢᵢ − 1)²
  at::Tensor off_diag;   ///< Σ_{i≠j} cᵢⱼ²
  at::Tensor diag_mean;  ///< mean of cᵢᵢ
};

/// `views`: two or more of one shape (N, D), float32 or float64, this rank's part of the batch. ẑ
/// is z with each feature normalised over the global batch (biased variance, eps 1e-5). Every rank
/// computes the same loss; its gradient sums over ranks, as `Collective` has it. Not differentiable
/// twice.
Terms redundancy(const std::vector<at::Tensor>& views, double lambda, Form form,
                 Collective& collective);

}  // namespace tandem::barlow_twins
