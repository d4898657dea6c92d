#pragma once

#include "run/learning.hpp"
#include "train/process_group.hpp"
#include "train/trainer.hpp"

#include <cstdint>
#include <functional>

namespace tandem::run {

/// The ranks of a run; a null group is one rank.
Collective& ranks_of(train::ProcessGroup* group);

/// The number that rank 0 passes, on every rank. Every rank calls it.
std::int64_t said_by_first(std::int64_t own, Collective& ranks);

/// Makes all ranks begin as rank 0 does, which may go on with a run: copies all that training
/// changes, and gives rank 0's step and whether the end of its epoch is dealt with, on which the
/// loops of all ranks must agree. Every rank calls it; what it passes counts on rank 0 alone.
train::Position share_start(train::ProcessGroup* group, Learning& learning,
                            const train::Position& start);

/// For train::Questions::agree; null for one rank. The group must outlive it.
std::function<bool(bool)> agreement(train::ProcessGroup* group);

}  // namespace tandem::run
