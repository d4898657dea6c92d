#include "bench/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tandem::bench {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return nan;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double median_at_least(std::vector<double> values) {
  constexpr double doubt = 0.05;
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  // How likely it is that at most k of n values lie below the median.
  double chance = std::pow(0.5, n), sum = chance, bound = nan;
  for (std::size_t k = 0; k < values.size() && sum <= doubt; ++k) {
    bound = values[k];
    chance *= (n - static_cast<double>(k)) / (static_cast<double>(k) + 1);
    sum += chance;
  }
  return bound;
}

std::vector<double> ratios(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) result.push_back(a[i] / b[i]);
  return result;
}

}  // namespace tandem::bench
