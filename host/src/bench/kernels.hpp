#pragma once

#include <c10/core/ScalarType.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

/// The arithmetic of a step: which convolutions and matrix products it asks LibTorch for, and what
/// each takes by itself.
namespace tandem::bench {

struct Kernel {
  enum class Kind { product, forward, to_input, to_weight };  ///< the last two: backward

  Kind kind = Kind::product;
  at::ScalarType type = at::kFloat;
  /// Sizes of a convolution's pictures and weights, or of both factors.
  std::vector<std::int64_t> input, weight;
  std::vector<std::int64_t> stride, padding, dilation, output_padding;  ///< of a convolution
  bool transposed = false;
  std::int64_t groups = 1;

  auto operator<=>(const Kernel&) const = default;
  /// Additions and multiplications of the direct form.
  double flop() const;
  /// "conv 3x3 64-128 of 32x32/2 forward", "product 256x512 512x2048"; behind it the type, unless
  /// it is float32: ", bfloat16".
  std::string name() const;
};

/// How often each is asked for.
using Kernels = std::map<Kernel, int>;

/// What `work` asks for in this thread, its backward passes too: whatever plugin it comes from,
/// since LibTorch's dispatcher is watched. Not seen are what a plugin computes without LibTorch,
/// and attention that LibTorch computes in one kernel (scaled_dot_product_attention on the CPU).
Kernels kernels_of(const std::function<void()>& work);

double flop_of(const Kernels& kernels);

/// Seconds of one kernel by itself, on operands in channels-last memory, the mean of as many runs
/// as fit into `seconds`, one at least, after one that warms up.
double seconds_of(const Kernel& kernel, double seconds);

}  // namespace tandem::bench
