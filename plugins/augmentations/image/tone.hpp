#pragma once

#include "tandem/base/augmentation.hpp"
#include "tandem/base/describes_draw.hpp"

#include <string>

namespace tandem::image {

/// Takes the colour out; the number of channels stays. Brightness by ITU-R 601 for 3 channels, the
/// mean for any other number. Draws whether.
class Grayscale final : public Augmentation, public DescribesDraw {
 public:
  struct Params {
    double p = 0.1;
    static void declare(Fields<Params>& f);
  };
  explicit Grayscale(const Params& params) : p_(params.p) {}
  void apply(Image& image, Random& random) const override;
  std::string describe_draw(const Image& image, Random random) const override;

 private:
  bool draw(const Image& image, Random& random) const;

  double p_;
};

/// Inverts every value at or above the threshold. Draws whether.
class Solarize final : public Augmentation, public DescribesDraw {
 public:
  struct Params {
    double threshold = 128;
    double p = 0.5;
    static void declare(Fields<Params>& f);
  };
  explicit Solarize(const Params& params) : threshold_(params.threshold), p_(params.p) {}
  void apply(Image& image, Random& random) const override;
  std::string describe_draw(const Image& image, Random random) const override;

 private:
  bool draw(Random& random) const { return random.chance(p_); }

  double threshold_, p_;
};

}  // namespace tandem::image
