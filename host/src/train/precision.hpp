#pragma once

#include <c10/core/ScalarType.h>

#include <optional>
#include <string_view>

namespace tandem::train {

/// For its scope's length convolutions and matrix products of this thread are done in bfloat16 on
/// the CPU (autocast), from weights that stay float32; not `on`: nothing. Weights are narrowed anew
/// each time, never kept: so the gradients of several views add up in float32, and LibTorch before
/// pytorch#165068 loses the gradient of a weight that was narrowed without a graph first. Puts back
/// what was set before, also where an exception ends the scope.
class Bfloat16 {
 public:
  explicit Bfloat16(bool on);
  ~Bfloat16();
  Bfloat16(const Bfloat16&) = delete;
  Bfloat16& operator=(const Bfloat16&) = delete;

 private:
  bool on_;
  bool enabled_ = false, cached_ = false;
  at::ScalarType type_ = at::kFloat;
};

/// Whether a processor has instructions that multiply bfloat16, by what /proc/cpuinfo says of it:
/// avx512_bf16 or amx_bf16, on ARM bf16. Without them bfloat16 is more than ten times as slow as
/// float32.
bool multiplies_bfloat16(std::string_view cpuinfo);
/// This machine's.
bool multiplies_bfloat16();

/// Seconds of one matrix product and one convolution, the shortest of a few.
struct PrecisionProbe {
  double product_float32 = 0, product_bfloat16 = 0;
  double convolution_float32 = 0, convolution_bfloat16 = 0;

  /// How many times as fast bfloat16 is, of both together.
  double gain() const;
};

/// Measures for about 20 ms with the threads that LibTorch has; touches no random state.
PrecisionProbe probe_precision();

/// What `run.precision = "auto"` means here and now.
struct PrecisionChoice {
  bool bfloat16 = false;
  std::optional<PrecisionProbe> probe;  ///< nothing where the processor alone decides
};

/// bfloat16 where the processor multiplies it and the probe finds it well ahead of float32.
PrecisionChoice choose_precision();

}  // namespace tandem::train
