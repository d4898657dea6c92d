#pragma once

#include "tandem/base/augmentation.hpp"
#include "tandem/base/describes_draw.hpp"

#include <optional>
#include <string>

namespace tandem::image {

/// Adds Gaussian noise, drawn for each value; results are kept within black and white. Draws
/// whether, then the standard deviation from [0, max], then the noise, two values from each 32
/// bits.
class Noise final : public Augmentation, public DescribesDraw {
 public:
  struct Params {
    double max = 0.1;
    double p = 1;
    static void declare(Fields<Params>& f);
  };
  explicit Noise(const Params& params) : max_(params.max), p_(params.p) {}
  void apply(Image& image, Random& random) const override;
  std::string describe_draw(const Image& image, Random random) const override;

 private:
  /// The standard deviation, where there is noise; what `random` gives next is the noise.
  std::optional<float> draw(Random& random) const;

  double max_, p_;
};

}  // namespace tandem::image
