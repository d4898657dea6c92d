#pragma once

#include "cli/arguments.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// The parts of `tandem bench`, one file each; results go to stdout.
namespace tandem::cli {

/// More would take hours, and the number another type.
inline constexpr std::int64_t most_rounds = 1000;

/// Each takes the words after its own and returns an exit code.
int bench_data(const Strings& words);
int bench_knn(const Strings& words);
int bench_loss(const Strings& words);
int bench_roofline(const Strings& words);
int bench_step(const Strings& words);

}  // namespace tandem::cli
