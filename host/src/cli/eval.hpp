#pragma once

#include "cli/arguments.hpp"
#include "cli/count_progress.hpp"
#include "formats/json_lines.hpp"
#include "run/eval_run.hpp"

#include <string>
#include <vector>

/// The parts of `tandem eval`, one file each; results go to stdout.
namespace tandem::cli {

/// Each takes the words after its own and returns an exit code.
int eval_knn(const Strings& words);
int eval_linear(const Strings& words);

/// The table of `eval knn RUN --baselines`.
void print_baselines(const run::BaselineReport& report, bool as_json);

/// Declares what says on what is evaluated: RUN|FILE, --features, --raw, --epoch, --queries,
/// --holdout, --seed.
void add_eval_options(Arguments& arguments);
/// What they say, for a command with one word. Throws Error(usage) for what does not go together.
run::EvalOptions eval_options(const Arguments& arguments, CountProgress& progress);

/// "1,20,200" as numbers, none where the option is not given. Throws Error(usage), naming the
/// option, for anything else, and for a number that is not above 0.
std::vector<std::int64_t> whole_numbers(const Arguments& arguments, const char* option);
std::vector<double> numbers(const Arguments& arguments, const char* option);

/// Per cent with so many digits behind the point.
std::string percent(double share, int digits = 2);
/// The number of epochs as a number where it is one, else null.
formats::Json epochs_json(const std::string& epochs);

}  // namespace tandem::cli
