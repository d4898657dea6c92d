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
std::shared_ptr<void> existing(std::unique_ptr<T> made) {
  expect(made != nullptr, "the factory made nothing");
  return made;
}

}  // namespace

std::shared_ptr<void> make_instance(const Subject& subject, const ParamValues& values) {
  switch (subject.role) {
    case Role::augmentation:
      return existing(subject.factory_as<AugmentationFactory>().create(values));
    case Role::backbone: {
      BackboneContext context;
      context.trust = subject.trust;
      context.log = subject.log;
      return existing(subject.factory_as<BackboneFactory>().create(values, context));
    }
    case Role::objective: {
      constexpr std::int64_t input = 12, width = 8, batch = 8;
      auto context = testing::toy_context(testing::toy_encoder(input, width), batch);
      context.log = subject.log;
      return existing(subject.factory_as<ObjectiveFactory>().create(values, context));
    }
  }
  throw Violation("its role is none that this host knows");
}

void skip_without_text(const Subject& subject, const Error& refusal) {
  const std::string missing = missing_text(subject);
  if (missing.empty() || refusal.kind() != ErrorKind::config) return;
  throw NotApplicable(Log::join("it needs a '", missing,
                                "', which has no default (give one by --set ", missing,
                                "=VALUE): ", refusal.what()));
}

ParamValues usual_values(const Subject& subject) {
  const ParamValues small = small_values(subject);
  try {
    make_instance(subject, small);
    return small;
  } catch (const std::exception&) {
    return default_values(subject);
  }
}

void use_one_thread() {
  at::set_num_threads(1);
}

}  // namespace tandem::conformance
