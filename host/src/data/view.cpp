#include "data/view.hpp"

#include "tandem/base/random.hpp"

namespace tandem::data {

Shape shape_of(const Image& image) {
  return {image.height(), image.width(), image.channels()};
}

void make_view(const ViewSpec& spec, const Image& picture, const ViewKey& key, Image& out) {
  out = picture;
  for (std::size_t i = 0; i < spec.ops.size(); ++i) {
    Random random({.seed = key.seed,
                   .epoch = static_cast<std::uint32_t>(key.epoch),
                   .sample = static_cast<std::uint32_t>(key.sample),
                   .view = static_cast<std::uint16_t>(key.view),
                   .op = static_cast<std::uint16_t>(i)});
    spec.ops[i]->apply(out, random);
  }
}

}  // namespace tandem::data
