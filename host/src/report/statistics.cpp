#include "report/statistics.hpp"

#include <cmath>
#include <limits>

namespace tandem::report {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double nonzero(double value) {
  constexpr double tiny = 1e-300;
  return std::abs(value) < tiny ? tiny : value;
}

/// The continued fraction of the incomplete beta function; converges fast for x < (a+1)/(a+b+2).
double beta_fraction(double a, double b, double x) {
  double c = 1, d = 1 / nonzero(1 - (a + b) * x / (a + 1)), value = d;
  const auto step = [&](double numerator) {
    d = 1 / nonzero(1 + numerator * d);
    c = nonzero(1 + numerator / c);
    value *= c * d;
    return c * d;
  };
  for (int m = 1; m <= 1000; ++m) {
    step(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    const double change = step(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)));
    if (std::abs(change - 1) < 1e-15) break;
  }
  return value;
}

/// The regularised incomplete beta function, 0 < x < 1.
double incomplete_beta(double a, double b, double x) {
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, 1 - x);
  const double log_front =
      std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x);
  return std::exp(log_front) * beta_fraction(a, b, x) / a;
}

double upper_tail(double degrees, double t) {
  return incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;
}

}  // namespace

Spread spread(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  if (values.empty()) return {0, nan, nan};
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / n;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {values.size(), mean, values.size() < 2 ? nan : std::sqrt(squares / (n - 1))};
}

bool Interval::shows_difference() const {
  return std::abs(mean) > half_width;
}

Interval paired_interval(const std::vector<double>& differences) {
  const auto [count, mean, deviation] = spread(differences);
  if (count < 2) return {count, mean, nan};
  const auto n = static_cast<double>(count);
  return {count, mean, student_t(n - 1, 0.025) * deviation / std::sqrt(n)};
}

double student_t(double degrees, double upper) {
  double low = 0, high = 1;
  while (upper_tail(degrees, high) > upper) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-14 * high; ++i) {
    const double middle = (low + high) / 2;
    (upper_tail(degrees, middle) > upper ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace tandem::report
