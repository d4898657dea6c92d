#include "eval/scores.hpp"

#include <cmath>

namespace tandem::eval {

Spread spread(const std::vector<double>& values) {
  const double count = static_cast<double>(values.size());
  Spread result;
  for (const double value : values) result.mean += value / count;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  if (values.size() > 1) result.deviation = std::sqrt(squares / (count - 1));
  return result;
}

}  // namespace tandem::eval
