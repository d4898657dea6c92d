#include "run/loader_workers.hpp"

#include <ATen/Parallel.h>

#include <algorithm>

namespace tandem::run {

int loader_workers(const config::Config& config) {
  if (config.data.workers >= 0) return config.data.workers;
  // Views cost a fraction of a step, so a worker or two keep up; more would take the cores that the
  // step needs.
  return std::clamp(at::get_num_threads() / 4, 1, 8);
}

}  // namespace tandem::run
