#include "report/curve.hpp"

#include <algorithm>

namespace tandem::report {

Points thinned(const Points& points, std::size_t most) {
  if (points.size() <= most) return points;
  const std::size_t inner = points.size() - 2, stretches = (most - 2) / 2;
  const auto lower = [](const Point& a, const Point& b) { return a.y < b.y; };
  Points kept{points.front()};
  for (std::size_t i = 0; i < stretches; ++i) {
    const auto place = [&](std::size_t stretch) {
      return points.begin() + static_cast<std::ptrdiff_t>(1 + stretch * inner / stretches);
    };
    auto [least, greatest] = std::minmax_element(place(i), place(i + 1), lower);
    if (greatest < least) std::swap(least, greatest);
    kept.push_back(*least);
    if (greatest != least) kept.push_back(*greatest);
  }
  kept.push_back(points.back());
  return kept;
}

}  // namespace tandem::report
