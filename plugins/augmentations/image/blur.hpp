#pragma once

#include "range.hpp"
#include "tandem/base/augmentation.hpp"

namespace tandem::image {

/// Convolves with a Gaussian, sampled at whole pixels up to 4 standard deviations; the picture is
/// mirrored at its edges (the edge itself not repeated). Draws whether, then the standard
/// deviation.
class GaussianBlur final : public Augmentation {
 public:
  struct Params {
    Numbers sigma = {0.1, 2.0};
    double p = 1;
    static void declare(Fields<Params>& f);
  };
  explicit GaussianBlur(const Params& params);
  void apply(Image& image, Random& random) const override;

 private:
  Range sigma_;
  double p_;
};

}  // namespace tandem::image
