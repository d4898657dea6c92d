#pragma once

#include "range.hpp"
#include "resample.hpp"
#include "tandem/base/augmentation.hpp"
#include "tandem/base/describes_draw.hpp"

#include <string>

namespace tandem::image {

/// What operations that scale have in common.
struct ScalingParams {
  int size = 224;
  std::string interpolation = "bicubic";
  Filter filter() const { return interpolation == "bilinear" ? Filter::bilinear : Filter::bicubic; }
  static void declare(Fields<ScalingParams>& f);
};

/// A random part of the picture, scaled to size × size, as torchvision's RandomResizedCrop finds
/// it. Draws, for each of at most ten tries: the part's area, the logarithm of its width / height,
/// and, where it fits, its top and its left edge. After ten tries: the largest centred part within
/// the ratios, no draw.
///
/// The dialect "deepmind" is that of BYOL's own code (deepmind-research, byol/utils/dataset.py):
/// one try, whose sides are cut to the picture's; scaled by `resample_plainly`, so that the result,
/// and what later operations make of it, are floats.
class RandomResizedCrop final : public Augmentation, public DescribesDraw {
 public:
  struct Params : ScalingParams {
    Numbers scale = {0.08, 1.0};
    Numbers ratio = {3.0 / 4.0, 4.0 / 3.0};
    std::string dialect = "pillow";
    static void declare(Fields<Params>& f);
  };
  explicit RandomResizedCrop(const Params& params);
  void apply(Image& image, Random& random) const override;
  std::string describe_draw(const Image& image, Random random) const override;

 private:
  Box draw(const Image& image, Random& random) const;
  Box largest(int height, int width) const;

  int size_;
  Filter filter_;
  bool deepmind_;
  Range scale_, ratio_;
};

/// Scales the shorter side to `size` and the longer one in proportion. Draws nothing.
class Resize final : public Augmentation, public DescribesDraw {
 public:
  using Params = ScalingParams;
  explicit Resize(const Params& params) : size_(params.size), filter_(params.filter()) {}
  void apply(Image& image, Random& random) const override;
  std::string describe_draw(const Image& image, Random random) const override;

 private:
  struct Size {
    int height, width;
  };
  Size scaled(const Image& image) const;

  int size_;
  Filter filter_;
};

/// The middle of the picture, size × size; black where the picture is smaller. Draws nothing.
class CenterCrop final : public Augmentation, public DescribesDraw {
 public:
  struct Params {
    int size = 224;
    static void declare(Fields<Params>& f);
  };
  explicit CenterCrop(const Params& params) : size_(params.size) {}
  void apply(Image& image, Random& random) const override;
  std::string describe_draw(const Image& image, Random random) const override;

 private:
  Box box(const Image& image) const;

  int size_;
};

/// Moves the picture by up to `max` pixels in both directions; black comes in at the edges.
/// Draws the move down, then the move to the right.
class RandomShift final : public Augmentation, public DescribesDraw {
 public:
  struct Params {
    int max = 4;
    static void declare(Fields<Params>& f);
  };
  explicit RandomShift(const Params& params) : max_(params.max) {}
  void apply(Image& image, Random& random) const override;
  std::string describe_draw(const Image& image, Random random) const override;

 private:
  struct Move {
    int down, right;
  };
  Move draw(Random& random) const;

  int max_;
};

}  // namespace tandem::image
