#pragma once

#include <cstddef>
#include <vector>

namespace tandem::report {

/// Mean and standard deviation of some numbers.
struct Spread {
  std::size_t count = 0;
  double mean = 0;       ///< NaN of none
  double deviation = 0;  ///< n − 1 in the denominator; NaN of fewer than two
};
Spread spread(const std::vector<double>& values);

/// The mean of paired differences and the half width of its 95 % confidence interval by Student's t
/// with n − 1 degrees of freedom.
struct Interval {
  std::size_t pairs = 0;
  double mean = 0;
  double half_width = 0;  ///< NaN of fewer than two pairs
  /// True where the interval excludes 0.
  bool shows_difference() const;
};
/// Of differences that are taken pair by pair.
Interval paired_interval(const std::vector<double>& differences);

/// The t that Student's distribution with `degrees` > 0 of freedom exceeds with probability
/// `upper`, 0 < upper < 0.5: the incomplete beta function by Lentz's continued fraction (Abramowitz
/// and Stegun, 26.5.8 and 26.7.1), inverted by bisection.
double student_t(double degrees, double upper);

}  // namespace tandem::report
