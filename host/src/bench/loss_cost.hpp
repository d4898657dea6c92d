#pragma once

#include "bench/clock.hpp"
#include "config/config.hpp"
#include "plugin/catalog.hpp"
#include "tandem/base/log.hpp"

#include <cstdint>
#include <vector>

namespace tandem::bench {

struct LossSize {
  std::int64_t batch = 256;
  std::int64_t dim = 8192;
};

/// An objective's loss and its gradient, from embeddings that are there: no encoder, no heads.
struct LossCost {
  LossSize size;
  std::vector<double> seconds;  ///< of a forward and backward pass, by round
  /// Resident memory that the first pass adds to the embeddings, at most: the high-water mark of a
  /// process of its own.
  double peak_bytes = 0;
  double tensor_peak_bytes = 0;  ///< of LibTorch's tensors alone
  double tensor_bytes = 0;       ///< of all that a pass makes, one after another
};

/// Of the objective of a configuration, on random embeddings in its precision, of as many views as
/// it has. The sizes take turns. Must be called before this process has done anything in parallel,
/// since it forks. Throws what the objective throws.
std::vector<LossCost> loss_costs(const config::Config& config, plugin::Catalog& catalog,
                                 const std::vector<LossSize>& sizes, const Effort& effort,
                                 Log& log);

}  // namespace tandem::bench
