#pragma once

#include "config/config.hpp"
#include "data/source.hpp"
#include "run/run_folder.hpp"
#include "tandem/base/log.hpp"
#include "tandem/sdk/collective.hpp"
#include "train/learner.hpp"
#include "train/trainer.hpp"

#include <string>
#include <vector>

namespace tandem::run {

/// The configuration with the run's own `train.passes` in the place of "auto", where it is resumed:
/// which bits it ends with must not depend on another trial.
config::Config keep_passes(config::Config config, FolderUse use);

/// What `train.passes` means for a learner of views of these shapes, "together" or "apart": what
/// the configuration says, or by a trial of two noisy rows a view, of rank 0. Every rank calls it.
/// Throws Error(config) where "together" is wanted and the trial gives something else, views are
/// joint, or the network is not on the CPU.
std::string settle_passes(const config::Config& config, train::Learner& learner,
                          const std::vector<data::Shape>& shapes, const train::Plan& plan,
                          Collective& ranks, Log& log);

}  // namespace tandem::run
