#include "plugin/augmentation.hpp"

#include "plugin/guard.hpp"

namespace tandem::plugin {
namespace {

class GuardedAugmentation final : public Augmentation {
 public:
  GuardedAugmentation(std::unique_ptr<Augmentation> inner, Origin origin)
      : inner_(std::move(inner)), origin_(std::move(origin)) {}
  void apply(Image& image, Random& random) const override {
    guarded(origin_, "apply", [&] { inner_->apply(image, random); });
  }

 private:
  std::unique_ptr<Augmentation> inner_;
  Origin origin_;
};

}  // namespace

std::unique_ptr<Augmentation> make_augmentation(const Found<AugmentationFactory>& found,
                                                const ParamValues& values) {
  auto made = guarded_construction(found.origin, [&] { return found.factory->create(values); });
  return std::make_unique<GuardedAugmentation>(std::move(made), found.origin);
}

}  // namespace tandem::plugin
