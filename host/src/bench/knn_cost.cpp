#include "bench/knn_cost.hpp"

#include "bench/clock.hpp"
#include "eval/knn.hpp"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace tandem::bench {
namespace {

constexpr std::int64_t classes = 10;

eval::Features random_features(std::int64_t rows, std::int64_t width) {
  eval::Features features{at::randn({rows, width}), {}, {}};
  for (std::int64_t i = 0; i < rows; ++i) features.labels.push_back(i % classes);
  return features;
}

double seconds_of_knn(const eval::Features& bank, const eval::Features& queries) {
  const eval::KnnSetting settings[] = {{}};
  const Stopwatch watch;
  eval::knn(bank, queries, settings);
  return watch.seconds();
}

double seconds_of_product(const at::Tensor& bank, const at::Tensor& queries,
                          const at::Tensor& out) {
  const Stopwatch watch;
  for (std::int64_t first = 0; first < queries.size(0); first += out.size(0)) {
    const std::int64_t count = std::min(out.size(0), queries.size(0) - first);
    at::Tensor part = out.narrow(0, 0, count);
    at::mm_out(part, queries.narrow(0, first, count), bank.t());
  }
  return watch.seconds();
}

}  // namespace

KnnCost knn_cost(const KnnSize& size, int rounds) {
  constexpr std::int64_t query_block = 256;  // as many as kNN itself, whose peak of memory is told
  const at::NoGradGuard no_grad;
  const auto bank = random_features(size.bank, size.width);
  const auto queries = random_features(size.queries, size.width);
  KnnCost cost;
  for (int round = 0; round <= rounds; ++round) {
    const double knn = seconds_of_knn(bank, queries);
    const auto out = at::empty({std::min(query_block, size.queries), size.bank});
    const double product = seconds_of_product(bank.values, queries.values, out);
    if (round == 0) continue;
    cost.knn.push_back(knn);
    cost.product.push_back(product);
  }
  return cost;
}

}  // namespace tandem::bench
