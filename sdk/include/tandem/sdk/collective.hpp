#pragma once

#include "tandem/base/error.hpp"
#include "tandem/base/export.hpp"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <string>

namespace tandem {

/// Sums and gathers over the ranks of a run; lent by the host, valid as long as the run. On one
/// rank every operation is the identity. All ranks call the same operations in the same order.
/// A result must not be changed in place: it may be the argument itself. [one
/// thread at a time; several objects on several threads]
///
/// Tensors hold float16, bfloat16, float32, float64, int8, uint8, int32 or int64; sums take complex
/// numbers too. Anything else is Error(usage), on one rank as on many.
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
  /// (N, …) on each rank → (size·N, …) in rank order, with a dimension at least; differentiable,
  /// its backward sums and takes the own slice.
  virtual at::Tensor all_gather(const at::Tensor& tensor) = 0;
};

/// The collective of one rank.
TANDEM_API Collective& single_rank();

namespace detail {

inline bool is_carried(at::ScalarType type) {
  const auto types = {at::kHalf, at::kBFloat16, at::kFloat, at::kDouble,
                      at::kChar, at::kByte,     at::kInt,   at::kLong};
  return std::find(types.begin(), types.end(), type) != types.end();
}

[[noreturn]] inline void refuse_type(const char* operation, at::ScalarType type) {
  throw Error(ErrorKind::usage,
              std::string(operation) +
                  " of a collective takes float16 to float64, bfloat16 and integers of 8, 32 and "
                  "64 bits, not " +
                  c10::toString(type) + ": convert it before, e.g. by tensor.to(at::kInt)");
}

/// What the operations of a `Collective` do not take, as they say.
inline void check_sum(const at::Tensor& tensor) {
  const at::ScalarType type = tensor.scalar_type();
  if (!is_carried(type) && !at::isComplexType(type)) refuse_type("all_reduce_sum", type);
}
inline void check_gather(const at::Tensor& tensor) {
  if (!is_carried(tensor.scalar_type())) refuse_type("all_gather", tensor.scalar_type());
  if (tensor.dim() == 0)
    throw Error(ErrorKind::usage,
                "all_gather of a collective takes (N, …) on each rank, not a tensor without "
                "dimensions: tensor.unsqueeze(0) is one row");
}

}  // namespace detail

}  // namespace tandem
