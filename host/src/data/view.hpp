#pragma once

#include "tandem/base/augmentation.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem::data {

/// How one view is made: operations applied in turn to a copy of the picture.
struct ViewSpec {
  std::vector<std::shared_ptr<const Augmentation>> ops;
};

/// Height × width × channels of a picture or a view.
struct Shape {
  int height = 0, width = 0, channels = 0;
  bool operator==(const Shape&) const = default;
};
Shape shape_of(const Image& image);

/// Which view of which picture at what time. Operation `i` of the view's list draws from the stream
/// RandomKey{seed, epoch, sample, view, i} and from nothing else.
struct ViewKey {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0;
  std::int64_t sample = 0;
  int view = 0;
};

/// Makes one view of `picture` in `out`, whose buffers are reused. Passes on what an operation
/// throws.
void make_view(const ViewSpec& spec, const Image& picture, const ViewKey& key, Image& out);

/// What the operations of a view say that they draw (DescribesDraw), in their order; "" of one that
/// does not say.
using ViewDraws = std::vector<std::string>;
/// Makes the same view, and tells what is drawn on the way.
ViewDraws describe_view(const ViewSpec& spec, const Image& picture, const ViewKey& key, Image& out);

}  // namespace tandem::data
