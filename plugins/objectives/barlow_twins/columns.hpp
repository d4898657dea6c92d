#pragma once

#include <ATen/core/Tensor.h>

namespace tandem::barlow_twins {

/// Passes over (N, D) matrices: each reads them once. On the CPU they are loops of their own, where
/// ATen's operations would write their terms to memory first; elsewhere ATen's. Contiguous, float32
/// or float64; sums of float32 are kept in float64 from 64 rows on. Rows of numbers are (D).

/// Σₙ aₙbₙ of each column.
at::Tensor dots(const at::Tensor& a, const at::Tensor& b);
/// Σₙ (xₙ − mean)² of each column.
at::Tensor squares(const at::Tensor& x, const at::Tensor& mean);
/// (x − mean) · scale.
at::Tensor standardised(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& scale);
/// (grad − z · along) · scale, in place.
void project(at::Tensor& grad, const at::Tensor& z, const at::Tensor& along,
             const at::Tensor& scale);

}  // namespace tandem::barlow_twins
