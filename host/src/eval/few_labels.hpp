#pragma once

#include "eval/features.hpp"

#include <cstdint>

namespace tandem::eval {

struct FewLabelsOptions {
  std::int64_t labels_per_class = 10;
  std::int64_t k = 5;
  double temperature = 0.1;
  int draws = 10;
  std::uint64_t seed = 0;
};

/// Over the draws; shares of the queries, 0 … 1.
struct FewLabelsResult {
  double mean = 0;
  double deviation = 0;  ///< standard deviation, n − 1 in the denominator; 0 for a single draw
};

/// kNN where only a few labels of each class are known: each draw takes that many rows of every
/// class of the bank and uses them alone. Draws depend on the seed and the bank's labels and on
/// nothing else. Throws Error(data) where a class has fewer rows.
FewLabelsResult few_labels(const Features& bank, const Features& queries,
                           const FewLabelsOptions& options = {});

}  // namespace tandem::eval
