#pragma once

#include <cstdint>
#include "resample.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tandem::image {

/// For each output position of a resampled line: where its window of `count` inputs begins, and
/// their weights, which add up to 1.
template <class Weight>
struct Taps {
  std::size_t count = 0;
  std::vector<std::size_t> first;
  std::vector<Weight> weights;

  /// Where the line shrinks the filter is stretched, if `antialiased`.
  void prepare(int in, int out, Filter filter, bool antialiased = true);

 private:
  std::vector<double> exact_;  ///< of one position, before they add up to 1
};

/// Floats are rounded to the nearest, whole numbers are of 2^22, as Pillow has them for bytes.
extern template struct Taps<float>;
extern template struct Taps<std::int32_t>;

}  // namespace tandem::image
