// Compiled with OpenMP where the compiler's runtime is LibTorch's: at::parallel_for is a loop
// without it.
#include "columns.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>

namespace tandem::barlow_twins {
namespace {

// Columns that one thread takes at a time.
constexpr std::int64_t wide = 256;
// Rows whose sums are kept in the matrix's own type.
constexpr std::int64_t run = 64;

/// Calls `work(first column, how many)` for all columns, on LibTorch's threads.
template <class Work>
void each_block(std::int64_t columns, const Work& work) {
  at::parallel_for(0, (columns + wide - 1) / wide, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin * wide; c < std::min(end * wide, columns); c += wide)
      work(c, std::min(wide, columns - c));
  });
}

/// Sums of `term(place, column)` over the rows of one block of columns.
template <class T, class Term>
void sum_block(std::int64_t rows, std::int64_t columns, std::int64_t first, std::int64_t count,
               T* sums, const Term& term) {
  double total[wide] = {};
  for (std::int64_t begin = 0; begin < rows; begin += run) {
    T part[wide] = {};
    for (std::int64_t row = begin; row < std::min(begin + run, rows); ++row) {
      for (std::int64_t c = 0; c < count; ++c)
        part[c] += term(row * columns + first + c, first + c);
    }
    for (std::int64_t c = 0; c < count; ++c) total[c] += static_cast<double>(part[c]);
  }
  for (std::int64_t c = 0; c < count; ++c) sums[first + c] = static_cast<T>(total[c]);
}

/// Sums of `term(place, column)` of each column of a matrix like `shape`.
template <class T, class Term>
at::Tensor sum_columns(const at::Tensor& shape, const Term& term) {
  const std::int64_t rows = shape.size(0), columns = shape.size(1);
  at::Tensor sums = at::empty({columns}, shape.options());
  T* const to = sums.data_ptr<T>();
  each_block(columns, [&](std::int64_t first, std::int64_t count) {
    sum_block(rows, columns, first, count, to, term);
  });
  return sums;
}

/// Calls `set(place, column)` for each element.
template <class Set>
void each_element(const at::Tensor& shape, const Set& set) {
  const std::int64_t rows = shape.size(0), columns = shape.size(1);
  at::parallel_for(0, rows, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      for (std::int64_t c = 0; c < columns; ++c) set(row * columns + c, c);
  });
}

}  // namespace

at::Tensor dots(const at::Tensor& a, const at::Tensor& b) {
  if (!a.is_cpu()) return (a * b).sum(0);
  return AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "dots", [&] {
    const auto *left = a.const_data_ptr<scalar_t>(), *right = b.const_data_ptr<scalar_t>();
    return sum_columns<scalar_t>(
        a, [=](std::int64_t at, std::int64_t) { return left[at] * right[at]; });
  });
}

at::Tensor squares(const at::Tensor& x, const at::Tensor& mean) {
  if (!x.is_cpu()) return (x - mean).square_().sum(0);
  return AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "squares", [&] {
    const auto *from = x.const_data_ptr<scalar_t>(), *middle = mean.const_data_ptr<scalar_t>();
    return sum_columns<scalar_t>(x, [=](std::int64_t at, std::int64_t column) {
      const scalar_t apart = from[at] - middle[column];
      return apart * apart;
    });
  });
}

at::Tensor standardised(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& scale) {
  if (!x.is_cpu()) return (x - mean).mul_(scale);
  at::Tensor z = at::empty_like(x);
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "standardised", [&] {
    const auto *from = x.const_data_ptr<scalar_t>(), *middle = mean.const_data_ptr<scalar_t>(),
               *factor = scale.const_data_ptr<scalar_t>();
    auto* const to = z.data_ptr<scalar_t>();
    each_element(x, [=](std::int64_t at, std::int64_t column) {
      to[at] = (from[at] - middle[column]) * factor[column];
    });
  });
  return z;
}

void project(at::Tensor& grad, const at::Tensor& z, const at::Tensor& along,
             const at::Tensor& scale) {
  if (!grad.is_cpu()) {
    grad.addcmul_(z, along, -1).mul_(scale);
    return;
  }
  AT_DISPATCH_FLOATING_TYPES(grad.scalar_type(), "project", [&] {
    const auto *from = z.const_data_ptr<scalar_t>(), *share = along.const_data_ptr<scalar_t>(),
               *factor = scale.const_data_ptr<scalar_t>();
    auto* const to = grad.data_ptr<scalar_t>();
    each_element(grad, [=](std::int64_t at, std::int64_t column) {
      to[at] = (to[at] - from[at] * share[column]) * factor[column];
    });
  });
}

}  // namespace tandem::barlow_twins
