#pragma once

#include "tandem/sdk/stateful.hpp"

#include <cstdint>

namespace tandem {

/// Backbone + tap + pooling: what objectives hold. Made by the host. [one thread at a time; several
/// objects on several threads]
class TANDEM_API Encoder : public Stateful {
 public:
  ~Encoder() override;
  /// One view (N, …) → its latents (N, F). The host's and the embedder's precision applies.
  virtual at::Tensor operator()(const at::Tensor& view) = 0;
  /// F. Found by one dry run that leaves BatchNorm and random state untouched.
  virtual std::int64_t width() const = 0;
};

}  // namespace tandem
