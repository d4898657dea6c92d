#include "plugin/augmentation.hpp"

#include "config/origin.hpp"
#include "plugin/guard.hpp"
#include "tandem/base/describes_draw.hpp"

namespace tandem::plugin {
namespace {

class GuardedAugmentation : public Augmentation {
 public:
  GuardedAugmentation(std::unique_ptr<Augmentation> inner, Origin origin)
      : inner_(std::move(inner)), origin_(std::move(origin)) {}
  void apply(Image& image, Random& random) const override {
    guarded(origin_, "apply", [&] { inner_->apply(image, random); });
  }

 protected:
  const Origin& origin() const { return origin_; }

 private:
  std::unique_ptr<Augmentation> inner_;
  Origin origin_;
};

/// Of one that can say what it draws.
class GuardedDescription final : public GuardedAugmentation, public DescribesDraw {
 public:
  GuardedDescription(std::unique_ptr<Augmentation> inner, const DescribesDraw& same, Origin origin)
      : GuardedAugmentation(std::move(inner), std::move(origin)), same_(same) {}
  std::string describe_draw(const Image& image, Random random) const override {
    return config::printable(
        guarded(origin(), "describe_draw", [&] { return same_.describe_draw(image, random); }));
  }

 private:
  const DescribesDraw& same_;
};

}  // namespace

std::unique_ptr<Augmentation> make_augmentation(const Found<AugmentationFactory>& found,
                                                const ParamValues& values) {
  auto made = guarded_construction(found.origin, [&] { return found.factory->create(values); });
  if (const auto* same = dynamic_cast<const DescribesDraw*>(made.get()))
    return std::make_unique<GuardedDescription>(std::move(made), *same, found.origin);
  return std::make_unique<GuardedAugmentation>(std::move(made), found.origin);
}

}  // namespace tandem::plugin
