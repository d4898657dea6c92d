#include "eval/pca.hpp"

#include "tandem/base/error.hpp"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace tandem::eval {
namespace {

at::Tensor spread_rows(const at::Tensor& values, std::int64_t max_rows) {
  const std::int64_t rows = values.size(0);
  if (rows <= max_rows) return values;
  const at::Tensor index = (at::arange(max_rows, at::kLong) * rows).div(max_rows, "floor");
  return values.index_select(0, index);
}

/// An eigenvector's sign is free; its greatest entry is made positive.
at::Tensor with_fixed_signs(const at::Tensor& rows) {
  const at::Tensor greatest = rows.abs().argmax(1, true);
  return rows * rows.gather(1, greatest).sign();
}

struct Spectrum {
  at::Tensor values;   // (K), falling
  at::Tensor vectors;  // (F, K)
};

/// At most `count`, without those that are nothing but rounding.
Spectrum greatest(const at::Tensor& symmetric, std::int64_t count) {
  const auto [rising, vectors] = at::linalg_eigh(symmetric);
  const at::Tensor values = rising.flip({0});
  const auto real = (values > 1e-12 * values[0]).sum().item<std::int64_t>();
  const std::int64_t kept = std::min(count, real);
  return {values.narrow(0, 0, kept), vectors.flip({1}).narrow(1, 0, kept)};
}

/// Of X'X; where X has fewer rows than columns, by way of the smaller XX'.
Spectrum right_singular(const at::Tensor& x, std::int64_t count) {
  if (x.size(1) <= x.size(0)) return greatest(x.t().mm(x), count);
  Spectrum spectrum = greatest(x.mm(x.t()), count);
  const at::Tensor vectors = x.t().mm(spectrum.vectors);
  spectrum.vectors = vectors / at::linalg_vector_norm(vectors, 2, {0}, true);
  return spectrum;
}

}  // namespace

Pca::Pca(const at::Tensor& values, std::int64_t dims, std::int64_t max_rows) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = spread_rows(values, max_rows).to(at::kDouble);
  const std::int64_t rows = x.size(0);
  if (rows < 2) throw Error(ErrorKind::data, "PCA needs at least two pictures");
  if (at::equal(x, x.narrow(0, 0, 1).expand_as(x))) {
    throw Error(ErrorKind::data, "PCA needs pictures that differ");
  }
  mean_ = x.mean(0);
  const Spectrum spectrum = right_singular(x - mean_, dims);
  components_ = with_fixed_signs(spectrum.vectors.t()).contiguous();
  variances_ = spectrum.values / static_cast<double>(rows - 1);
}

at::Tensor Pca::project(const at::Tensor& values) const {
  const at::NoGradGuard no_grad;
  const at::Tensor weights = components_.to(at::kFloat);
  return (values.to(at::kFloat) - mean_.to(at::kFloat)).mm(weights.t());
}

}  // namespace tandem::eval
