#include "bench/decoding.hpp"
#include "bench/machine.hpp"
#include "bench/operations.hpp"
#include "bench/statistics.hpp"
#include "bench/throughput.hpp"
#include "bench/waiting.hpp"
#include "cli/bench.hpp"
#include "cli/bench_report.hpp"
#include "cli/console_log.hpp"
#include "cli/process.hpp"
#include "cli/setup.hpp"
#include "tandem/base/error.hpp"

#include <iostream>

namespace tandem::cli {
namespace {

Arguments data_arguments() {
  Arguments arguments(
      "bench data [CONFIG|PRESET|RUN] [options]",
      "Measures the data path on this machine, for the pictures and views of a configuration: what "
      "each\n"
      "operation costs, decoding beside OpenCV, pictures a second with one and two threads, one "
      "process of\n"
      "two threads beside two of one, a loader's memory, and how long training waits for data. "
      "Sides take\n"
      "turns; medians are told, and of ratios what they are at least, with 95 % confidence.");
  add_config_options(arguments, 1);
  arguments.add_real("seconds", "S", "of one side in one round", 0.5);
  arguments.add_number("rounds", "N",
                       "in which all sides take turns; from 5 on a lower bound is told", 7);
  arguments.add_number("steps", "N", "training steps in which waiting is measured; 0: none", 20);
  return arguments;
}

bench::Effort effort_of(const Arguments& arguments) {
  const bench::Effort effort{arguments.real("seconds"),
                             static_cast<int>(arguments.number("rounds"))};
  if (!(effort.seconds > 0) || effort.rounds < 1 || arguments.number("steps") < 0) {
    throw Error(ErrorKind::usage, "--seconds and --rounds must be positive, --steps 0 or more");
  }
  return effort;
}

/// What forks comes first, before this process has threads that a fork would lack.
DataBench measure(const Arguments& arguments, const run::Prepared& prepared,
                  plugin::Catalog& catalog, const bench::Effort& effort) {
  const auto subject = bench::make_subject(prepared, catalog);
  DataBench result;
  result.scaling = bench::scaling(subject, effort);
  result.memory = bench::loader_memory(subject);
  result.operations = bench::operation_costs(subject, effort);
  result.decoding = bench::decoding_cost(*subject.source, prepared.config.data.path, effort);
  result.throughput = bench::recipe_throughput(subject, effort, true);
  if (const auto steps = static_cast<int>(arguments.number("steps")); steps > 0) {
    set_threads(prepared.config.run.threads);
    result.waiting = bench::waiting(prepared, catalog, steps);
  }
  return result;
}

}  // namespace

int bench_data(const Strings& words) {
  auto arguments = data_arguments();
  if (!arguments.parse(words)) return 0;
  const auto given = arguments.list("config");
  const auto effort = effort_of(arguments);
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto catalog = make_catalog(arguments, log);
  const auto prepared =
      run::prepare(read_layers(arguments, given.empty() ? "" : given[0]), catalog);
  const auto result = measure(arguments, prepared, catalog, effort);
  if (arguments.json()) {
    std::cout << to_json(result).dump(2) << '\n';
  } else {
    std::cout << to_text(result);
  }
  return 0;
}

}  // namespace tandem::cli
