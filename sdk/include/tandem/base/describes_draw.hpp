#pragma once

#include "tandem/base/export.hpp"
#include "tandem/base/image.hpp"
#include "tandem/base/random.hpp"

#include <string>

namespace tandem {

/// What an Augmentation may be too: one that can say what it draws, for whoever looks at views
/// (`tandem augment preview`). The host finds it by `dynamic_cast`; an operation without it is used
/// as ever, and nothing is told of what it draws.
class TANDEM_API DescribesDraw {
 public:
  virtual ~DescribesDraw();
  /// What `apply` draws, given the image as it is before the operation and the Random that `apply`
  /// is given, of which this one is a copy. One short line of UTF-8: names and values in the order
  /// in which they take effect ("sigma 0.73", "contrast 0.91, hue -0.03"), or "not applied" where
  /// a draw decides to leave the image as it is. A pure function of both, by the very code that
  /// `apply` draws by: a second copy of it would say something else one day. May throw what `apply`
  /// throws. [many threads at once on one object; keeps nothing]
  virtual std::string describe_draw(const Image& image, Random random) const = 0;
};

}  // namespace tandem
