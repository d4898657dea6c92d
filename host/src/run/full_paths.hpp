#pragma once

#include "config/config.hpp"

namespace tandem::run {

/// Makes every path of a configuration absolute: of the pictures, and of the files that backbone
/// and objective name. The run's folder stays as it is.
void complete_paths(config::Config& config);

}  // namespace tandem::run
