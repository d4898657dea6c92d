// What an update of the weights takes of memory: nothing as large as the weights.
#include "catch.hpp"
#include "tandem/sdk/testing.hpp"
#include "train/optimizer.hpp"

#include <ATen/Functions.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <memory>
#include <vector>

using namespace tandem;
using namespace tandem::train;

namespace {

/// Counts the bytes of this thread's tensors that were made while it lived.
struct Made final : c10::MemoryReportingInfoBase {
  void reportMemoryUsage(void*, std::int64_t change, std::size_t, std::size_t,
                         c10::Device) override {
    if (change > 0) bytes += change;
  }
  bool memoryProfilingEnabled() const override { return true; }
  std::int64_t bytes = 0;
};

template <class Work>
std::int64_t made_by(const Work& work) {
  const auto made = std::make_shared<Made>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, made);
  work();
  return made->bytes;
}

template <class Options>
std::int64_t made_by_step(const Options& options) {
  std::vector<TrainedParameter> parameters;
  for (const char* name : {"a.weight", "b.weight"}) {
    const at::Tensor weight = at::randn({400, 300}).requires_grad_();
    weight.mutable_grad() = at::randn({400, 300});
    parameters.push_back({name, weight});
  }
  const auto optimizer = make_optimizer(parameters, options);
  optimizer->step(1);  // the first makes the state
  return made_by([&] { optimizer->step(1); });
}

constexpr std::int64_t of_a_weight = 400 * 300 * sizeof(float);

}  // namespace

TEST_CASE("no optimizer's step makes a tensor of the size of the weights") {
  CHECK(made_by([] { at::zeros({400, 300}); }) >= of_a_weight);  // the counter counts
  SgdOptions nesterov;
  nesterov.nesterov = true;
  nesterov.weight_decay = 1e-4;
  CHECK(made_by_step(nesterov) < of_a_weight / 10);
  AdamOptions adamw;
  adamw.decoupled = true;
  CHECK(made_by_step(adamw) < of_a_weight / 10);
  LarsOptions lars;
  lars.weight_decay = 1e-6;
  CHECK(made_by_step(lars) < of_a_weight / 10);
}

TEST_CASE("a moving average makes no tensor of the size of the weights") {
  const auto target = testing::toy_encoder(400, 300), online = testing::toy_encoder(400, 300);
  ema_update(*target, *online, 0.9);
  CHECK(made_by([&] { ema_update(*target, *online, 0.9); }) < of_a_weight / 10);
}
