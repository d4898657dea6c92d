#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <string>

namespace tandem::train {

/// Where a network runs: "cuda", or the CPU, which "auto" is too: nobody gets a device unasked that
/// no test has run on. `local_rank` counts the processes of a run on this machine, each of which
/// takes a device of its own. Throws Error(resource) where there is none to take.
at::Device choose_device(const std::string& name, int local_rank = 0);
}  // namespace tandem::train
