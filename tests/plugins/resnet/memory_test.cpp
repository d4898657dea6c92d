#include "catch.hpp"
#include "network.hpp"
#include "tandem/sdk/fused_norm.hpp"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

namespace {

/// Counts the bytes of this thread's tensors that were made while it lived and are there still.
struct Held final : c10::MemoryReportingInfoBase {
  void reportMemoryUsage(void*, std::int64_t change, std::size_t, std::size_t,
                         c10::Device) override {
    bytes += change;
  }
  bool memoryProfilingEnabled() const override { return true; }
  std::int64_t bytes = 0;
};

/// Bytes that wait for the backward pass of eight pictures of 16 × 16, in maps of the stem.
double waiting_maps(tandem::Backbone& net) {
  torch::manual_seed(3);
  const at::Tensor view = torch::randn({8, 3, 16, 16}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto held = std::make_shared<Held>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, held);
  const at::Tensor features = net.forward(view);
  return static_cast<double>(held->bytes) / (8 * 8 * 16 * 16 * sizeof(float));
}

}  // namespace

TEST_CASE(
    "of a ResNet the convolutions' maps and the blocks' outputs alone wait for the backward pass") {
  const auto net =
      network::make("resnet18", {{"width", std::int64_t{8}}, {"stem", std::string("cifar")}});
  // Each stage has twice the channels and a quarter of the pixels: half as much. Convolutions: the
  // stem's and four of the first stage, then four and a shortcut's a stage. Outputs: two a stage.
  const double convolutions = 5 + 5 * (1 / 2. + 1 / 4. + 1 / 8.);
  const double outputs = 2 * (1 + 1 / 2. + 1 / 4. + 1 / 8.);
  // Between the convolutions of each block, and behind the stem.
  const double found_again = 1 + 2 * (1 + 1 / 2. + 1 / 4. + 1 / 8.);
  CHECK(waiting_maps(*net) == Approx(convolutions + outputs).epsilon(0.05));
  const tandem::PlainBatchNorm scope;
  CHECK(waiting_maps(*net) > convolutions + outputs + found_again);
}
