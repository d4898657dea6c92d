#pragma once

#include "run/learning.hpp"
#include "train/process_group.hpp"

#include <cstdint>
#include <functional>

namespace tandem::run {

/// The ranks of a run; a null group is one rank.
Collective& ranks_of(train::ProcessGroup* group);

/// Makes all ranks begin as rank 0 does, which may go on with a run: copies all that training
/// changes, and gives the steps that rank 0 has done. Every rank calls it.
std::int64_t share_start(train::ProcessGroup* group, Learning& learning, std::int64_t step);

/// For train::Questions::agree; null for one rank. The group must outlive it.
std::function<bool(bool)> agreement(train::ProcessGroup* group);

}  // namespace tandem::run
