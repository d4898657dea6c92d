#pragma once

#include "range.hpp"
#include "resample.hpp"
#include "tandem/base/augmentation.hpp"
#include "tandem/base/describes_draw.hpp"

#include <optional>
#include <string>

namespace tandem::image {

/// Overwrites a rectangle, found as torchvision's RandomErasing finds it. Draws whether; then, for
/// each of at most ten tries, the rectangle's area, the logarithm of its height / width, and, where
/// it is smaller than the picture, its top and its left edge; then its values where they are
/// random. After ten tries the picture stays as it is.
class RandomErasing final : public Augmentation, public DescribesDraw {
 public:
  struct Params {
    double p = 0.5;
    Numbers scale = {0.02, 0.33};
    Numbers ratio = {0.3, 3.3};
    double value = 0;
    static void declare(Fields<Params>& f);
  };
  explicit RandomErasing(const Params& params);
  void apply(Image& image, Random& random) const override;
  std::string describe_draw(const Image& image, Random random) const override;

 private:
  /// The rectangle, where one is erased; what `random` gives next are its values.
  std::optional<Box> draw(const Image& image, Random& random) const;

  double p_;
  Range scale_, ratio_;
  double value_;
};

}  // namespace tandem::image
