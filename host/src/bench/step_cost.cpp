#include "bench/step_cost.hpp"

#include "bench/memory.hpp"
#include "data/loader.hpp"

#include <numeric>

namespace tandem::bench {
namespace {

double total(const std::vector<StepTimes>& steps, double StepTimes::*part) {
  const auto values = parts(steps, part);
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

double StepCost::seconds_waiting() const {
  return total(in_a_row, &StepTimes::data) / static_cast<double>(in_a_row.size());
}

double StepCost::pictures_per_second() const {
  const double seconds = total(in_a_row, &StepTimes::data) + total(in_a_row, &StepTimes::step);
  return static_cast<double>(batch) * static_cast<double>(in_a_row.size()) / seconds;
}

std::vector<double> parts(const std::vector<StepTimes>& steps, double StepTimes::*part) {
  std::vector<double> values;
  for (const StepTimes& step : steps) values.push_back(step.*part);
  return values;
}

StepCost step_cost(const run::Prepared& prepared, plugin::Catalog& catalog,
                   const StepCostOptions& options, Log& log) {
  // As many steps use up what the loader makes before the first of them.
  const int warm_up = data::LoaderOptions().slots_ahead + 1;
  StepCost cost;
  Steps steps(prepared, catalog, options.one_batch, log);
  cost.batch = steps.config().train.batch_size;
  cost.parameters = steps.parameters();
  cost.resident_before = resident_bytes();
  forget_peak();
  for (int i = 0; i < warm_up; ++i) steps.next();
  for (int i = 0; i < options.rounds; ++i) cost.in_a_row.push_back(steps.next());
  cost.resident_peak = peak_resident_bytes();
  steps.keep_one_batch();
  if (options.kernel_seconds > 0) cost.kernels = kernels_of_step(prepared, catalog, log);
  for (int round = 0; round < options.rounds; ++round) {
    cost.steps.push_back(steps.next());
    if (options.kernel_seconds > 0)
      cost.roofline.push_back(measure_round(cost.kernels, options.kernel_seconds));
  }
  return cost;
}

}  // namespace tandem::bench
