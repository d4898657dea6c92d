#pragma once

#include "bench/kernels.hpp"
#include "run/configuration.hpp"
#include "tandem/base/log.hpp"

#include <vector>

namespace tandem::bench {

/// How long rounds last, and how many there are.
struct KernelEffort {
  double seconds = 0.05;  ///< of one kernel in one round
  int rounds = 5;
};

/// A kernel of a step, and what it takes by itself.
struct KernelCost {
  Kernel kernel;
  int count = 0;                ///< in a step
  std::vector<double> seconds;  ///< of one, by round

  double flops() const;  ///< a second, the median's
};

/// Every kernel of one step of a configuration; nothing measured yet. Takes a step to find them.
std::vector<KernelCost> kernels_of_step(const run::Prepared& prepared, plugin::Catalog& catalog,
                                        Log& log);
/// Adds a round to each, and gives the seconds that a step's kernels take by themselves.
double measure_round(std::vector<KernelCost>& costs, double seconds);

struct Roofline {
  /// 2048 x 2048 x 2048 in the configuration's precision, for comparison with other machines; of no
  /// step.
  KernelCost product;
  std::vector<KernelCost> kernels;
  std::vector<double> step_seconds;  ///< of all kernels of a step, by round
};
Roofline roofline(const run::Prepared& prepared, plugin::Catalog& catalog,
                  const KernelEffort& effort, Log& log);

}  // namespace tandem::bench
