#pragma once

#include "checkpoint/store.hpp"
#include "run/checkpoints.hpp"

#include <span>
#include <string>

namespace tandem::run {

/// Throws Error(config) that lists what would make another training of a checkpoint than it was:
/// keys (config/resume_keys.hpp), plugins of another build, other pictures, each with the word that
/// --allow-change takes. What `allowed` names is told instead, and so is what can change the last
/// bits alone: another processor, other versions or threads. `now` says what this process is.
void require_same_training(const checkpoint::Verified& from, const TrainingParts& parts,
                           const formats::TrainingState& now, plugin::Catalog& catalog,
                           std::span<const std::string> allowed, Log& log);

/// Where the loop goes on.
train::Position position_of(const formats::TrainingState& state);

/// Takes back what a run's logs say of the time after a checkpoint. A log that is shorter than it
/// was then is told, and stays.
void cut_logs(const RunFolder& folder, const formats::TrainingState& state, Log& log);

/// Adds to a run's manifest that it goes on here: when, from which step, by which machine, with
/// which changes.
void note_resume(const RunFolder& folder, const formats::TrainingState& from,
                 const formats::TrainingState& now, std::span<const std::string> allowed);

}  // namespace tandem::run
