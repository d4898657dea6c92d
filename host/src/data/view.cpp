#include "data/view.hpp"

#include "tandem/base/describes_draw.hpp"
#include "tandem/base/random.hpp"

#include <utility>

namespace tandem::data {
namespace {

/// Makes a view; `before(operation, image, random)` is called before each operation.
template <class Before>
void make(const ViewSpec& spec, const Image& picture, const ViewKey& key, Image& out,
          Before&& before) {
  out = picture;
  for (std::size_t i = 0; i < spec.ops.size(); ++i) {
    Random random({.seed = key.seed,
                   .epoch = static_cast<std::uint32_t>(key.epoch),
                   .sample = static_cast<std::uint32_t>(key.sample),
                   .view = static_cast<std::uint16_t>(key.view),
                   .op = static_cast<std::uint16_t>(i)});
    before(*spec.ops[i], std::as_const(out), std::as_const(random));
    spec.ops[i]->apply(out, random);
  }
}

}  // namespace

Shape shape_of(const Image& image) {
  return {image.height(), image.width(), image.channels()};
}

void make_view(const ViewSpec& spec, const Image& picture, const ViewKey& key, Image& out) {
  make(spec, picture, key, out, [](const Augmentation&, const Image&, const Random&) {});
}

ViewDraws describe_view(const ViewSpec& spec, const Image& picture, const ViewKey& key,
                        Image& out) {
  ViewDraws draws;
  make(spec, picture, key, out,
       [&draws](const Augmentation& op, const Image& image, const Random& random) {
         const auto* describes = dynamic_cast<const DescribesDraw*>(&op);
         draws.push_back(describes ? describes->describe_draw(image, random) : "");
       });
  return draws;
}

}  // namespace tandem::data
