#pragma once

#include "tandem/base/log.hpp"
#include "tandem/sdk/exportable.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::roles {

/// How a tap's output becomes a latent of one dimension a sample. A 1-D signal's map is (N, C, 1,
/// L); three dimensions are tokens for every word but `mean_length`.
///
/// | word        | map (N, C, H, W)               | tokens (N, T, F)             | (N, F) |
/// | ----------- | ------------------------------ | ---------------------------- | ------ |
/// | auto, avg   | mean over H and W              | mean over all T              | itself |
/// | grid:K      | K × K means of cells, in a row | refused                      | itself |
/// | flatten     | every value                    | every value                  | itself |
/// | cls         | refused                        | the first: the class token   | refused |
/// | mean_tokens | refused                        | mean over all T              | refused |
/// | mean_length | refused                        | (N, C, L): mean over L       | refused |
///
/// `auto` cannot see whether the first token is a class token: it is one of those averaged.
class Pooling {
 public:
  /// A word of config/pool.hpp. Throws Error(config) for an unknown one.
  explicit Pooling(std::string_view word);
  /// (N, …) → (N, F). Throws Error(config) where the word does not suit the shape.
  at::Tensor operator()(const at::Tensor& output) const;
  /// The same in a graph: of a map, or of what is (N, F) already. Throws Error(config) for tokens,
  /// which graphs do not have.
  GraphValue describe(GraphBuilder& graph, GraphValue output) const;
  /// Logs what the word alone does not say: that an output is taken for tokens.
  void tell(const at::Tensor& output, Log& log) const;

 private:
  [[noreturn]] void refuse(const std::string& what) const;
  at::Tensor grid(const at::Tensor& map) const;
  at::Tensor of_three(const at::Tensor& output) const;
  enum class Kind { average, grid, flatten, first_token, mean_tokens, mean_length };
  std::string word_;
  Kind kind_ = Kind::average;
  std::int64_t cells_ = 1;
};

}  // namespace tandem::roles
