#include "bench/step_cost.hpp"

#include "bench/memory.hpp"

namespace tandem::bench {
namespace {

constexpr int warm_up = 2;

}  // namespace

std::vector<double> StepCost::of(double StepTimes::*part) const {
  std::vector<double> values;
  for (const StepTimes& step : steps) values.push_back(step.*part);
  return values;
}

StepCost step_cost(const run::Prepared& prepared, plugin::Catalog& catalog,
                   const StepCostOptions& options, Log& log) {
  StepCost cost;
  Steps steps(prepared, catalog, options.one_batch, log);
  cost.batch = steps.config().train.batch_size;
  cost.parameters = steps.parameters();
  cost.resident_before = resident_bytes();
  forget_peak();
  for (int i = 0; i < warm_up; ++i) steps.next();
  cost.resident_peak = peak_resident_bytes();
  if (options.kernel_seconds > 0) cost.kernels = kernels_of_step(prepared, catalog, log);
  for (int round = 0; round < options.rounds; ++round) {
    cost.steps.push_back(steps.next());
    if (options.kernel_seconds > 0)
      cost.roofline.push_back(measure_round(cost.kernels, options.kernel_seconds));
  }
  return cost;
}

}  // namespace tandem::bench
