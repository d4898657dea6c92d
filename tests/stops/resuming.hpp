#pragma once

#include "cli/workplace.hpp"

#include <cstdint>
#include <map>
#include <string>

/// A run, and what it is compared with: one that nobody stopped.
struct Ended {
  std::map<std::string, std::string> tensors;  ///< the bytes of each file of its last checkpoint
  std::uintmax_t tensorboard_bytes = 0;
  std::vector<Json> metrics;  ///< without the clock, and without where it was started again
};

/// What a run in this folder came to.
Ended ended(const std::filesystem::path& run);

/// The environment in which the program meets one fault (fixtures/faults): at the `at`-th call on a
/// file whose path holds `path`.
std::map<std::string, std::string> fault(const std::string& action, const std::string& path, int at,
                                         const std::string& calls = "");

/// The calls on files whose path holds `path` that a run makes, e.g. "rename /…".
Words calls_of(const Workplace& here, const Words& words, const std::string& path);

/// Checks that two runs ended alike, bit for bit.
void check_same(const Ended& one, const Ended& other);
