#pragma once

#include "tandem/base/augmentation.hpp"
#include "tandem/base/describes_draw.hpp"

#include <string>

namespace tandem::image {

/// Left becomes right. Draws whether.
class HorizontalFlip final : public Augmentation, public DescribesDraw {
 public:
  struct Params {
    double p = 0.5;
    static void declare(Fields<Params>& f);
  };
  explicit HorizontalFlip(const Params& params) : p_(params.p) {}
  void apply(Image& image, Random& random) const override;
  std::string describe_draw(const Image& image, Random random) const override;

 private:
  bool draw(const Image& image, Random& random) const;

  double p_;
};

}  // namespace tandem::image
