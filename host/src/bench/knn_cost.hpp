#pragma once

#include <cstdint>
#include <vector>

namespace tandem::bench {

/// How much is compared with how much.
struct KnnSize {
  std::int64_t bank = 50000;
  std::int64_t queries = 10000;
  std::int64_t width = 512;
};

/// Seconds of each round.
struct KnnCost {
  std::vector<double> knn;      ///< eval::knn with k 20 and T 0.1, from features to accuracy
  std::vector<double> product;  ///< queries × bankᵀ alone, 256 queries at a time
};

/// On random features of ten classes. The first round, which warms up, is not told.
KnnCost knn_cost(const KnnSize& size, int rounds);

}  // namespace tandem::bench
