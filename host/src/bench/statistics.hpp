#pragma once

#include <vector>

namespace tandem::bench {

/// The middle of some values; NaN of none.
double median(std::vector<double> values);

/// With 95 % confidence the median of what `values` were drawn from is at least this: an order
/// statistic, by the sign test, so that nothing is assumed of how they are spread. NaN for fewer
/// than five values, which are too few to say.
double median_at_least(std::vector<double> values);

/// `a[i] / b[i]`: of measurements that took turns, so that what slowed one slowed its neighbour.
std::vector<double> ratios(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace tandem::bench
