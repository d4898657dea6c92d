#include "taps.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <type_traits>

namespace tandem::image {
namespace {

double weight_at(Filter filter, double x) {
  x = std::abs(x);
  if (filter == Filter::bilinear) return std::max(0.0, 1 - x);
  constexpr double a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

template <class Weight>
Weight rounded(double weight) {
  if constexpr (std::is_integral_v<Weight>) {
    return static_cast<Weight>(weight * (1 << 22) + (weight < 0 ? -0.5 : 0.5));
  } else {
    return static_cast<Weight>(weight);
  }
}

}  // namespace

template <class Weight>
void Taps<Weight>::prepare(int in, int out, Filter filter, bool antialiased) {
  const double step = static_cast<double>(in) / out;
  const double stretch = antialiased ? std::max(step, 1.0) : 1.0;
  const double support = (filter == Filter::bilinear ? 1 : 2) * stretch;
  // A window from a - 1/2 to a + 1/2 + 2 support, cut to whole numbers, holds at most this many.
  count = static_cast<std::size_t>(std::min(in, static_cast<int>(std::ceil(2 * support))));
  first.resize(static_cast<std::size_t>(out));
  weights.assign(first.size() * count, 0);
  for (int i = 0; i < out; ++i) {
    const double centre = (i + 0.5) * step;
    const int from = std::max(0, static_cast<int>(centre - support + 0.5));
    const int to = std::min(in, static_cast<int>(centre + support + 0.5));
    const int begin = std::min(from, in - static_cast<int>(count));
    first[static_cast<std::size_t>(i)] = static_cast<std::size_t>(begin);
    Weight* weight = weights.data() + static_cast<std::size_t>(i) * count;
    exact_.clear();
    for (int k = from; k < to; ++k)
      exact_.push_back(weight_at(filter, (k - centre + 0.5) * (1 / stretch)));
    const double sum = std::accumulate(exact_.begin(), exact_.end(), 0.0);
    for (int k = from; k < to; ++k)
      weight[k - begin] = rounded<Weight>(exact_[static_cast<std::size_t>(k - from)] / sum);
  }
}

template struct Taps<float>;
template struct Taps<std::int32_t>;

}  // namespace tandem::image
