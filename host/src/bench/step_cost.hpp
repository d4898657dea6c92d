#pragma once

#include "bench/roofline.hpp"
#include "bench/steps.hpp"

#include <cstdint>
#include <vector>

namespace tandem::bench {

struct StepCostOptions {
  int rounds = 7;                ///< a step in each, which takes turns with all kernels
  double kernel_seconds = 0.05;  ///< of one kernel in one round; 0: kernels are not measured
  bool one_batch = false;        ///< as in Steps
};

struct StepCost {
  std::vector<StepTimes> steps;  ///< by round
  std::vector<double> roofline;  ///< seconds of a step's kernels by themselves, by round
  std::vector<KernelCost> kernels;
  std::int64_t batch = 0, parameters = 0;
  double resident_before = 0;  ///< bytes, of the process before its first step
  double resident_peak = 0;    ///< bytes, of the process in its first steps

  /// One part of every round.
  std::vector<double> of(double StepTimes::*part) const;
};

/// Steps of a configuration, the first ones left out, by turns with what their kernels take by
/// themselves.
StepCost step_cost(const run::Prepared& prepared, plugin::Catalog& catalog,
                   const StepCostOptions& options, Log& log);

}  // namespace tandem::bench
