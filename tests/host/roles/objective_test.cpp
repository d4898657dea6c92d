#include "roles/objective.hpp"

#include "catch.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/testing.hpp"

#include <ATen/autocast_mode.h>
#include <torch/types.h>

using namespace tandem;

namespace {

/// An objective that does what its test asks.
class Probe final : public ModuleObjective {
 public:
  struct Params {
    std::string what;
    static void declare(Fields<Params>& f) { f("what", &Params::what, "what to do"); }
  };
  Probe(const Params& params, const ObjectiveContext& context)
      : ModuleObjective(context), what_(params.what) {}

  Embedding embed(const Latents& latents, const ViewContext&) override {
    if (what_ == "throw") throw std::runtime_error("no embedding today\nreally");
    return {latents.online.to(torch::kBFloat16), {}, {}};
  }
  Loss loss(std::span<const Embedding> views, const StepContext&) override {
    seen_type = views[0].online.scalar_type();
    seen_autocast = at::autocast::is_autocast_enabled(at::kCPU);
    if (what_ == "memory")
      throw std::runtime_error("DefaultCPUAllocator: can't allocate memory: you tried");
    if (what_ == "vector") return {views[0].online.sum(1), {}};
    if (what_ == "nothing") return {};
    if (what_ == "detached") return {views[0].online.sum().detach(), {}};
    if (what_ == "metric") return {views[0].online.sum(), {{"wide", torch::ones({2})}}};
    return {views[0].online.sum(), {}};
  }
  static inline at::ScalarType seen_type = at::kByte;
  static inline bool seen_autocast = true;

 private:
  std::string what_;
};

std::unique_ptr<Objective> probe(const std::string& what) {
  const plugin::Found<ObjectiveFactory> found{
      std::make_shared<tandem::detail::ObjectiveMaker<Probe>>(),
      {"acme", "1.0", "probe", "/some/acme.so"}};
  return roles::make_objective(found, {what},
                               tandem::testing::toy_context(tandem::testing::toy_encoder(3, 2), 4));
}

Error error_of(Objective& objective) {
  try {
    const Embedding view = objective.embed({torch::ones({4, 2}).requires_grad_(), {}}, {});
    objective.loss(std::vector{view, view}, {});
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::internal, "no error"};
}

bool has(const Error& error, const std::string& part) {
  return std::string(error.what()).find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the loss sees float32 with autocast off, whatever the precision") {
  auto objective = probe("");
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const Embedding view = objective->embed({torch::ones({4, 2}).requires_grad_(), {}}, {});
  objective->loss(std::vector{view, view}, {});
  CHECK(at::autocast::is_autocast_enabled(at::kCPU));
  at::autocast::set_autocast_enabled(at::kCPU, false);
  CHECK(view.online.scalar_type() == at::kBFloat16);
  CHECK(Probe::seen_type == at::kFloat);
  CHECK_FALSE(Probe::seen_autocast);
}

TEST_CASE("an objective that fails is named with its stage") {
  const auto thrown = error_of(*probe("throw"));
  CHECK(thrown.kind() == ErrorKind::plugin);
  CHECK(has(thrown, "plugin acme 1.0 (/some/acme.so), 'probe', embed: no embedding today"));
  CHECK_FALSE(has(thrown, "really"));
  CHECK(error_of(*probe("memory")).kind() == ErrorKind::resource);
  CHECK(has(error_of(*probe("vector")), "Loss::total must be a tensor of no dimension"));
  CHECK(has(error_of(*probe("detached")), "Loss::total carries no gradient"));
  CHECK(has(error_of(*probe("metric")), "metric 'wide' must be a tensor of no dimension"));
  CHECK(has(error_of(*probe("nothing")), "Loss::total must be a tensor of no dimension"));
}
