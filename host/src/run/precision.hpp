#pragma once

#include "config/config.hpp"
#include "run/run_folder.hpp"
#include "tandem/base/log.hpp"
#include "train/process_group.hpp"

namespace tandem::run {

/// The configuration with a number type in the place of `run.precision = "auto"`: the run's own
/// where it is resumed, which no machine may change; else what a probe on rank 0 finds. Every rank
/// calls it; a null group is one rank. Tells what was chosen, and where bfloat16 is slow. On
/// another device than the CPU "auto" is float32, and bfloat16 throws Error(config).
config::Config settle_precision(config::Config config, FolderUse use, train::ProcessGroup* group,
                                Log& log);

}  // namespace tandem::run
