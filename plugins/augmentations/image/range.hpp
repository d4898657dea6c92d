#pragma once

#include "tandem/base/params.hpp"
#include "tandem/base/random.hpp"

#include <string>

namespace tandem::image {

/// Two ends of a range, as `[low, high]` in a configuration.
struct Range {
  double low = 0, high = 0;

  /// Throws Error(config), naming operation and parameter, where low is above high.
  static Range checked(const std::string& op, const std::string& name, const Numbers& ends);
  double draw(Random& random) const { return random.uniform(low, high); }
};

}  // namespace tandem::image
