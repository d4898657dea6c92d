#pragma once

#include "range.hpp"
#include "tandem/base/augmentation.hpp"
#include "tandem/base/describes_draw.hpp"

#include <optional>
#include <string>

namespace tandem::image {

/// Blurs with a standard deviation that is drawn, if at all. `method` "pillow" is Pillow's
/// ImageFilter.GaussianBlur, which the public recipes use (see `box_blur`); "gaussian" is a true
/// Gaussian, sampled at whole pixels up to 4 standard deviations, the picture mirrored at its edges
/// (the edge itself not repeated); "deepmind" is that of BYOL's own code: a Gaussian cut off at a
/// twentieth of the picture's height, 23 taps at 224, with black around the picture.
class GaussianBlur final : public Augmentation, public DescribesDraw {
 public:
  struct Params {
    Numbers sigma = {0.1, 2.0};
    std::string method = "pillow";
    double p = 1;
    static void declare(Fields<Params>& f);
  };
  explicit GaussianBlur(const Params& params);
  void apply(Image& image, Random& random) const override;
  std::string describe_draw(const Image& image, Random random) const override;

 private:
  enum class Method { pillow, gaussian, deepmind };

  /// The standard deviation, where the picture is blurred.
  std::optional<double> draw(const Image& image, Random& random) const;

  Range sigma_;
  Method method_;
  double p_;
};

}  // namespace tandem::image
