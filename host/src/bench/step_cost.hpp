#pragma once

#include "bench/roofline.hpp"
#include "bench/steps.hpp"

#include <cstdint>
#include <vector>

namespace tandem::bench {

struct StepCostOptions {
  int rounds = 7;                ///< as many steps in a row, then as many by turns with all kernels
  double kernel_seconds = 0.05;  ///< of one kernel in one round; 0: kernels are not measured
  bool one_batch = false;        ///< as in Steps
};

/// Two kinds of steps: a round of kernels between two would let the loader fill its slots, and a
/// loader at work would take processors from the kernels.
struct StepCost {
  std::vector<StepTimes> in_a_row;  ///< one after another, the loader beside them
  std::vector<StepTimes> steps;     ///< by round, on one batch
  std::vector<double> roofline;     ///< seconds of a step's kernels by themselves, by round
  std::vector<KernelCost> kernels;
  std::int64_t batch = 0, parameters = 0;
  double resident_before = 0;  ///< bytes, of the process before its first step
  double resident_peak = 0;    ///< bytes, of the process in its first steps and those in a row

  /// Of the steps in a row, as means: with workers waiting comes in bursts, which a median would
  /// not see.
  double seconds_waiting() const;
  double pictures_per_second() const;  ///< all views of a picture count once
};

/// One part of each step.
std::vector<double> parts(const std::vector<StepTimes>& steps, double StepTimes::*part);

/// Steps of a configuration, the first ones left out: in a row, then on one batch, by turns with
/// what their kernels take by themselves.
StepCost step_cost(const run::Prepared& prepared, plugin::Catalog& catalog,
                   const StepCostOptions& options, Log& log);

}  // namespace tandem::bench
