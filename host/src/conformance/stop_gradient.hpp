#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace tandem::conformance {

/// Makes `detach` give the same values at every point, as differentiation takes it: runs `at_point`
/// and keeps what each call of `detach` gives there; within `replayed`, the calls give these again,
/// in order. It replaces LibTorch's kernel for the rest of the process: for a child that ends soon.
class StopGradient {
 public:
  explicit StopGradient(const std::function<void()>& at_point);
  at::Tensor replayed(const std::function<at::Tensor()>& body) const;
};

}  // namespace tandem::conformance
