#include "tandem/sdk/fused_norm.hpp"

#include "catch.hpp"
#include "tandem/sdk/testing.hpp"
#include "train/batch_norm.hpp"

#include <torch/types.h>

using namespace tandem;

TEST_CASE("fused BatchNorm over ranks is BatchNorm of the whole batch") {
  torch::manual_seed(31);
  // The two halves differ in mean and spread.
  const at::Tensor half = torch::randn({4, 6, 3, 3});
  const at::Tensor rows =
      torch::cat({half, 3 * half + 5}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor wide = rows.to(at::kDouble);
  const at::Tensor mean = wide.mean({0, 2, 3}, true);
  const at::Tensor spread = (wide - mean).square().mean({0, 2, 3}, true);
  const at::Tensor expected = ((wide - mean) / (spread + 1e-5).sqrt()).clamp_min(0);
  testing::run_ranks(2, [&](Collective& collective) {
    const train::BatchNormOverRanks scope(collective);
    const at::Tensor own = rows.narrow(0, 4 * collective.rank(), 4);
    const at::Tensor found = batch_norm_relu(
        own, {torch::ones({6}), torch::zeros({6}), torch::zeros({6}), torch::ones({6})});
    const at::Tensor right = expected.narrow(0, 4 * collective.rank(), 4);
    if (!torch::allclose(found.to(at::kDouble), right, 1e-5, 1e-5))
      throw std::runtime_error("a rank saw its own rows alone");
  });
}
