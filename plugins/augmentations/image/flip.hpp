#pragma once

#include "tandem/base/augmentation.hpp"

namespace tandem::image {

/// Left becomes right. Draws whether.
class HorizontalFlip final : public Augmentation {
 public:
  struct Params {
    double p = 0.5;
    static void declare(Fields<Params>& f);
  };
  explicit HorizontalFlip(const Params& params) : p_(params.p) {}
  void apply(Image& image, Random& random) const override;

 private:
  double p_;
};

}  // namespace tandem::image
