#pragma once

#include "cli/arguments.hpp"
#include "train/rank_place.hpp"

#include <optional>

namespace tandem::cli {

/// This process's place among the ranks that a launcher has started; nothing where it is alone.
/// Quiets c10d, whose warnings tell the fate of connections, not of ranks.
std::optional<train::RankPlace> own_place();

/// LibTorch threads of each rank where the configuration leaves it open: the machine's processors
/// are shared by the ranks on it.
int threads_of_rank(const train::RankPlace& place);

/// Starts this program with the same words once for each rank, on this machine, and waits for all.
/// Gives 0, or the exit code of the rank that failed first, 128 + N after signal N. Each is a
/// process group of its own: the first SIGINT or SIGTERM that this process catches is handed on to
/// all. Once a rank has failed, those that have not ended 15 s later are asked to, 30 s later made
/// to. [main thread]
int run_ranks(int ranks, const Strings& words);

}  // namespace tandem::cli
