#pragma once

#include "tandem/base/error.hpp"
#include "tandem/base/image.hpp"
#include "tandem/base/plugin.hpp"
#include "tandem/base/random.hpp"

#include <memory>
#include <string_view>

namespace tandem {

/// One operation of a view's list.
class TANDEM_API Augmentation {
 public:
  virtual ~Augmentation();
  /// Changes the image; may change its size. A pure function of the image and of what it draws from
  /// `random`. [many threads at once on one object; keeps nothing]
  virtual void apply(Image& image, Random& random) const = 0;
};

/// Makes augmentations of one id. [any thread]
class TANDEM_API AugmentationFactory : public Factory {
 public:
  ~AugmentationFactory() override;
  virtual std::unique_ptr<Augmentation> create(const ParamValues& values) const = 0;
};

namespace detail {
template <class T>
class AugmentationMaker final : public AugmentationFactory {
 public:
  const Schema& schema() const override { return schema_; }
  std::unique_ptr<Augmentation> create(const ParamValues& values) const override {
    return std::make_unique<T>(make_params<typename T::Params>(schema_, values));
  }

 private:
  Schema schema_ = schema_of<typename T::Params>();
};
}  // namespace detail

/// For TANDEM_PLUGIN: an augmentation `T`, constructed from its `T::Params`.
template <class T>
consteval auto augmentation(std::string_view id) {
  return Provides<Role::augmentation, detail::AugmentationMaker<T>>{detail::checked_id(id)};
}

}  // namespace tandem
