#pragma once

#include "report/run_record.hpp"
#include "report/statistics.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tandem::report {

/// The runs of one configuration, which differ in their seeds.
struct Group {
  std::string label;
  std::vector<std::size_t> runs;  ///< places in a list of runs, by seed
};

/// Puts runs together whose config.toml says the same but for what leaves the task as it is: seed,
/// folder, threads, loader workers, memory for pictures, how often is logged; and that were made
/// with the same builds of the same plugins, from the same initial weights. Groups come in the
/// order of their first run.
std::vector<Group> group_runs(const std::vector<RunRecord>& runs);

/// A line of the comparison, over the finished runs of a group.
struct ComparedGroup {
  std::string label;
  std::size_t finished = 0, unfinished = 0;
  Spread accuracy;  ///< the last knn_top1, in per cent
  Spread seconds;   ///< wall-clock of a whole run
  Spread images_per_second;
  Spread peak_bytes;
  /// Accuracy less that of the first group, seed by seed; `pairs` is 0 for the first group, and
  /// where no seed is in both.
  Interval to_first;
};

/// To follow a colon: why runs finish without an accuracy.
inline constexpr const char* why_no_accuracy =
    "the pictures have no labels, or eval.knn_every = \"never\", or none are held out "
    "(eval.holdout) and eval.path names none";

struct Comparison {
  std::vector<Group> groups;
  std::vector<ComparedGroup> rows;    ///< one a group
  std::string protocol;               ///< of `accuracy`; empty where no run was evaluated
  std::vector<std::string> cautions;  ///< what keeps the numbers from being compared
  std::vector<std::string> notes;     ///< what a reader must know besides
};

/// Of the pictures that a run was trained on, as its manifest has it; "unknown" where it has none.
std::string fingerprint(const RunRecord& run);

/// Compares runs. `groups` as `group_runs` gives them, or as the caller knows them.
Comparison compare_runs(const std::vector<RunRecord>& runs, std::vector<Group> groups);

/// "93.10 ± 0.42" of several values, "93.10" of one, "-" of none, in units of `unit`.
std::string shown(const Spread& spread, int digits, double unit = 1);
/// Finished runs: "3", or "2 of 3" where one is not finished.
std::string shown_count(const ComparedGroup& row);
/// "+1.20 ± 0.55", "+0.30 ± 0.90: no difference shown", "+1.20 (1 seed: no interval)", "-".
std::string shown(const Interval& interval);

/// The comparison as a table for a terminal, with the protocol, cautions and notes below.
std::string to_text(const Comparison& comparison);
formats::Json to_json(const Comparison& comparison, const std::vector<RunRecord>& runs);

}  // namespace tandem::report
