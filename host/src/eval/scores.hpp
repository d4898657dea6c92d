#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// Settings and results of evaluations, without LibTorch.
namespace tandem::eval {

/// How a share of right answers came about: all queries, or those of one class.
struct Score {
  std::int64_t right = 0;
  std::int64_t queries = 0;
  double share() const {
    return queries == 0 ? 0 : static_cast<double>(right) / static_cast<double>(queries);
  }
};
/// By class.
using ClassScores = std::map<std::int64_t, Score>;

enum class Metric {
  cosine,     ///< similarity s of two directions; a vote weighs exp(s / temperature)
  euclidean,  ///< distance d; a vote weighs 1 / (d + 1e-5), and a temperature has no part in it
};

struct KnnSetting {
  std::int64_t k = 20;
  double temperature = 0.1;
};

struct KnnResult {
  KnnSetting setting;   ///< what was used: k is at most the number of labelled rows of the bank
  double top1 = 0;      ///< share of the queries, 0 … 1
  ClassScores classes;  ///< the same of each class of the queries
};

/// A linear probe; the defaults are those of the official Barlow Twins' evaluate.py.
struct LinearOptions {
  std::int64_t epochs = 100;
  std::int64_t batch = 256;
  double momentum = 0.9;
  double weight_decay = 1e-6;
  /// Rates to choose from, on a part of the training rows; a single one is taken as it is.
  std::vector<double> rates = {0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10};
  double fallback_rate = 0.3;  ///< where there are too few labels to choose with
  double validation = 0.2;     ///< share of each class's training rows that rates are judged on
  double fraction = 1;         ///< of the training rows whose labels are used
  std::uint64_t seed = 0;      ///< of first weights, order, validation part and labels
};

struct LinearResult {
  double top1 = 0;           ///< share of the queries, 0 … 1
  double top5 = -1;          ///< likewise; -1 where there are no more than 5 classes
  double rate = 0;           ///< the learning rate that was used
  bool chosen = false;       ///< whether it was chosen among several
  double validation = -1;    ///< share of the validation rows it was chosen by; -1 without
  std::int64_t labels = 0;   ///< training rows whose labels were used
  std::int64_t classes = 0;  ///< of them
};

/// Over several values; the deviation has n − 1 in its denominator and is 0 for a single one.
struct Spread {
  double mean = 0;
  double deviation = 0;
};
Spread spread(const std::vector<double>& values);

}  // namespace tandem::eval
