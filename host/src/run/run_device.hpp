#pragma once

#include "config/config.hpp"

#include <c10/core/Device.h>

namespace tandem::run {

/// Where a run trains: run.device. `local_rank` counts the processes on this machine, `ranks` are
/// all that train together. Throws Error(resource) where there is no such device, or where the run
/// is of a kind that is made for the CPU alone.
at::Device device_of(const config::Config& config, int local_rank, int ranks);

}  // namespace tandem::run
