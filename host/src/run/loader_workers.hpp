#pragma once

#include "config/config.hpp"

namespace tandem::run {

/// Threads that make batches: what `data.workers` says or, where that is "auto", as many as keep up
/// with LibTorch's threads.
int loader_workers(const config::Config& config);

}  // namespace tandem::run
