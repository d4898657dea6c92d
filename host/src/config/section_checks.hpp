#pragma once

#include "config/config.hpp"
#include "config/problems.hpp"

namespace tandem::config {

/// What the host's own sections require beyond the range of each key.
void check_sections(const Config& config, Problems& problems);

}  // namespace tandem::config
