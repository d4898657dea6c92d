#include "conformance/instance.hpp"

#include "conformance/values.hpp"
#include "tandem/base/augmentation.hpp"
#include "tandem/sdk/backbone.hpp"
#include "tandem/sdk/objective.hpp"
#include "tandem/sdk/testing.hpp"

#include <ATen/Parallel.h>

namespace tandem::conformance {
namespace {

template <class T>
std::unique_ptr<T> existing(std::unique_ptr<T> made) {
  expect(made != nullptr, "the factory made nothing");
  return made;
}

class AnAugmentation final : public Instance {
 public:
  explicit AnAugmentation(std::unique_ptr<Augmentation> made) : made_(existing(std::move(made))) {}
  void use() override {
    Image image(16, 16, 3);
    Random random({});
    made_->apply(image, random);
  }

 private:
  std::unique_ptr<Augmentation> made_;
};

class ABackbone final : public Instance {
 public:
  explicit ABackbone(std::unique_ptr<Backbone> made) : made_(existing(std::move(made))) {}
  void use() override { made_->layers(); }

 private:
  std::unique_ptr<Backbone> made_;
};

class AnObjective final : public Instance {
 public:
  explicit AnObjective(std::unique_ptr<Objective> made) : made_(existing(std::move(made))) {}
  void use() override { state_of(*made_); }

 private:
  std::unique_ptr<Objective> made_;
};

}  // namespace

std::unique_ptr<Instance> make_instance(const Subject& subject, const ParamValues& values) {
  switch (subject.role) {
    case Role::augmentation:
      return std::make_unique<AnAugmentation>(
          subject.factory_as<AugmentationFactory>().create(values));
    case Role::backbone: {
      BackboneContext context;
      context.trust = true;  // whoever checks a plugin runs its code
      context.log = subject.log;
      return std::make_unique<ABackbone>(
          subject.factory_as<BackboneFactory>().create(values, context));
    }
    case Role::objective: {
      constexpr std::int64_t input = 12, width = 8, batch = 8;
      auto context = testing::toy_context(testing::toy_encoder(input, width), batch);
      context.log = subject.log;
      return std::make_unique<AnObjective>(
          subject.factory_as<ObjectiveFactory>().create(values, context));
    }
  }
  throw Violation("its role is none that this host knows");
}

ParamValues usual_values(const Subject& subject) {
  const Schema& schema = subject.factory().schema();
  const ParamValues small = small_values(schema);
  try {
    make_instance(subject, small);
    return small;
  } catch (const std::exception&) {
    return defaults(schema);
  }
}

void use_one_thread() {
  at::set_num_threads(1);
}

}  // namespace tandem::conformance
