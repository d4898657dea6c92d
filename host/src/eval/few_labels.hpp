#pragma once

#include "eval/features.hpp"
#include "eval/scores.hpp"

#include <cstdint>

namespace tandem::eval {

struct FewLabelsOptions {
  std::int64_t labels_per_class = 10;
  std::int64_t k = 5;
  double temperature = 0.1;
  int draws = 10;
  std::uint64_t seed = 0;
};

/// kNN where only a few labels of each class are known: each draw takes that many rows of every
/// class of the bank and uses them alone. Shares of the queries, over the draws. Draws depend on
/// the seed and the bank's labels and on nothing else. Throws Error(data) where a class has fewer
/// rows.
Spread few_labels(const Features& bank, const Features& queries,
                  const FewLabelsOptions& options = {});

}  // namespace tandem::eval
