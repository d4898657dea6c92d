#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tandem::report {

/// A value at a time of training.
struct Point {
  double x = 0;  ///< finished epochs
  double y = 0;  ///< finite
  bool operator==(const Point&) const = default;
};
using Points = std::vector<Point>;

/// One quantity of one run; x never falls.
struct Curve {
  std::string name;  ///< "loss", "metric on_diagonal", "eval knn_top1", "health effective_rank", …
  Points points;
};

/// At most `most` ≥ 4 points that look the same: all where there are no more, else the first, the
/// last, and the least and the greatest value of each of equally long stretches of points.
Points thinned(const Points& points, std::size_t most = 400);

}  // namespace tandem::report
