#include "bench/roofline.hpp"

#include "bench/statistics.hpp"
#include "bench/steps.hpp"
#include "run/model.hpp"

namespace tandem::bench {
namespace {

/// What a step's products are done in: with bfloat16 they are, though weights are kept in float32.
at::ScalarType product_type(const config::RunSection& section) {
  return section.precision == "bfloat16" ? at::kBFloat16 : run::precision(section);
}

}  // namespace

double KernelCost::flops() const {
  return kernel.flop() / median(seconds);
}

std::vector<KernelCost> kernels_of_step(const run::Prepared& prepared, plugin::Catalog& catalog,
                                        Log& log) {
  Steps steps(with_direct_convolutions(prepared), catalog, /*one_batch=*/true, log);
  std::vector<KernelCost> costs;
  for (const auto& [kernel, count] : kernels_of([&] { steps.next(); }))
    costs.push_back({kernel, count, {}});
  return costs;
}

double measure_round(std::vector<KernelCost>& costs, double seconds) {
  double step = 0;
  for (auto& cost : costs) {
    cost.seconds.push_back(seconds_of(cost.kernel, seconds));
    step += cost.count * cost.seconds.back();
  }
  return step;
}

Roofline roofline(const run::Prepared& prepared, plugin::Catalog& catalog,
                  const KernelEffort& effort, Log& log) {
  constexpr std::int64_t side = 2048;
  Roofline result;
  result.product.kernel.type = product_type(prepared.config.run);
  result.product.kernel.input = {side, side};
  result.product.kernel.weight = {side, side};
  result.kernels = kernels_of_step(prepared, catalog, log);
  for (int round = 0; round < effort.rounds; ++round) {
    result.product.seconds.push_back(seconds_of(result.product.kernel, effort.seconds));
    result.step_seconds.push_back(measure_round(result.kernels, effort.seconds));
  }
  return result;
}

}  // namespace tandem::bench
