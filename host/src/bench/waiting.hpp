#pragma once

#include "run/configuration.hpp"

#include <vector>

namespace tandem::bench {

/// Training steps of a configuration, the first ones left out; one entry a step.
struct Waiting {
  std::vector<double> step;  ///< seconds, of it
  std::vector<double> data;  ///< waiting for a batch
  std::int64_t batch = 0;

  double share() const;  ///< of all steps' time
};

/// Trains in a folder that is removed afterwards, without evaluation.
Waiting waiting(run::Prepared prepared, plugin::Catalog& catalog, int steps);

}  // namespace tandem::bench
