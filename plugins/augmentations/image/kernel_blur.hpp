#pragma once

#include "tandem/base/image.hpp"

#include <cstddef>
#include <vector>

namespace tandem::image {

/// The weights of a blur, the same along rows and columns and to both sides.
struct BlurKernel {
  std::vector<float> weights;  ///< of the middle, then of each distance from it
  bool mirrored = true;        ///< at the picture's edges, which aren't repeated; else black around

  /// A Gaussian, sampled at whole pixels up to `reach`, whose sum is 1.
  void fill(double sigma, int reach);
  std::size_t reach() const { return weights.size() - 1; }
};

/// Weighted sums along the rows, then down the columns, in floats: bytes are rounded once.
void kernel_blur(Image& image, const BlurKernel& kernel);

}  // namespace tandem::image
