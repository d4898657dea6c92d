#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::roles {

/// How a tap's output becomes a latent of one dimension a sample.
///
/// `auto` averages maps (N, C, H, W) and tokens (N, T, F) and keeps (N, F); `avg` is the same by
/// name; `grid:K` averages a map to K × K cells and flattens them; `flatten` keeps every value.
class Pooling {
 public:
  /// Throws Error(config) for an unknown word.
  explicit Pooling(std::string_view word);
  /// (N, …) → (N, F). Throws Error(config) where the word does not suit the shape.
  at::Tensor operator()(const at::Tensor& output) const;

 private:
  at::Tensor grid(const at::Tensor& map) const;
  enum class Kind { average, grid, flatten };
  Kind kind_ = Kind::average;
  std::int64_t cells_ = 1;
};

}  // namespace tandem::roles
