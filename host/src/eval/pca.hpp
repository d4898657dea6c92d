#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tandem::eval {

/// The directions of greatest variance of a set of features, and the projection onto them.
class Pca {
 public:
  /// Fits to (N, F) features of any floating-point type, computed in float64: to all rows, or to
  /// `max_rows` of them, evenly spread. Keeps `dims` directions, or as many as have any variance.
  /// Throws Error(data) where there are fewer than two rows, or all are alike.
  Pca(const at::Tensor& values, std::int64_t dims, std::int64_t max_rows = 20000);

  /// (M, F) features → (M, K) float32, without the mean.
  at::Tensor project(const at::Tensor& values) const;

  const at::Tensor& mean() const { return mean_; }  ///< (F) float64
  const at::Tensor& components() const {
    return components_;
  }  ///< (K, F) float64, orthonormal rows
  /// (K) float64, falling: the variance (n − 1 in the denominator) along each direction.
  const at::Tensor& variances() const { return variances_; }

 private:
  at::Tensor mean_;
  at::Tensor components_;
  at::Tensor variances_;
};

}  // namespace tandem::eval
