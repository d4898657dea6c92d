#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::roles {

/// How a tap's output becomes a latent of one dimension a sample. A 1-D signal's map is (N, C, 1,
/// L); three dimensions are always tokens.
///
/// | word        | map (N, C, H, W)               | tokens (N, T, F)             | (N, F) |
/// | ----------- | ------------------------------ | ---------------------------- | ------ |
/// | auto, avg   | mean over H and W              | mean over all T              | itself |
/// | grid:K      | K × K means of cells, in a row | refused                      | itself |
/// | flatten     | every value                    | every value                  | itself |
/// | cls         | refused                        | the first: the class token   | refused |
/// | mean_tokens | refused                        | mean over all T              | refused |
///
/// `auto` cannot see whether the first token is a class token: it is one of those averaged.
class Pooling {
 public:
  /// Throws Error(config) for an unknown word.
  explicit Pooling(std::string_view word);
  /// (N, …) → (N, F). Throws Error(config) where the word does not suit the shape.
  at::Tensor operator()(const at::Tensor& output) const;

 private:
  at::Tensor grid(const at::Tensor& map) const;
  at::Tensor tokens(const at::Tensor& output) const;
  enum class Kind { average, grid, flatten, first_token, mean_tokens };
  std::string word_;
  Kind kind_ = Kind::average;
  std::int64_t cells_ = 1;
};

}  // namespace tandem::roles
