#pragma once

#include "range.hpp"
#include "tandem/base/augmentation.hpp"
#include "tandem/base/describes_draw.hpp"

#include <array>
#include <string>

namespace tandem::image {

/// Changes brightness, contrast, saturation and hue in a random order, as torchvision's ColorJitter
/// does on Pillow images: a factor from [max(0, 1 - x), 1 + x] blends with black, with the mean
/// grey, with the picture's own grey; hue turns by a share of the circle from [-x, x]. On 8-bit
/// pictures of 3 channels every step is Pillow's to the integer: cut off after a blend, by way of
/// its 8-bit HSV for hue, which loses a few levels even where it turns by nothing. Floats take the
/// same formulas without rounding. With other than 3 channels, saturation and hue do nothing. Draws
/// whether, then (always all) the order by Fisher-Yates, and brightness, contrast, saturation, hue.
///
/// Of the other dialects, "deepmind" is that of BYOL's own code (see `take_deepmind_steps`), whose
/// brightness adds a value from [-x, x] of white, and "opencv-fast" takes all steps as one matrix
/// (see `take_steps_by_matrix`); where there are not 3 channels, as "pillow".
class ColorJitter final : public Augmentation, public DescribesDraw {
 public:
  struct Params {
    double brightness = 0, contrast = 0, saturation = 0, hue = 0;
    std::string dialect = "pillow";
    double p = 1;
    static void declare(Fields<Params>& f);
  };
  explicit ColorJitter(const Params& params);
  void apply(Image& image, Random& random) const override;
  std::string describe_draw(const Image& image, Random random) const override;

 private:
  struct Draw;
  Draw draw(const Image& image, Random& random) const;

  enum class Dialect { pillow, deepmind, matrix };

  Dialect dialect_;
  std::array<Range, 4> ranges_;  ///< of brightness, contrast, saturation, hue
  double p_;
};

}  // namespace tandem::image
