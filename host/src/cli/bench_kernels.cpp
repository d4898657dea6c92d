#include "cli/bench_kernels.hpp"

#include "bench/machine.hpp"
#include "bench/statistics.hpp"
#include "cli/bench.hpp"
#include "cli/bench_report.hpp"
#include "cli/process.hpp"
#include "cli/setup.hpp"
#include "report/text.hpp"
#include "report/text_table.hpp"
#include "run/data_set.hpp"
#include "run/precision.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>

#include <algorithm>

namespace tandem::cli {
namespace {

using bench::KernelCost;
using bench::median;

constexpr double giga = 1e9;

double step_seconds(const KernelCost& cost) {
  return cost.count * median(cost.seconds);
}

/// The dearest first.
std::vector<KernelCost> sorted(std::vector<KernelCost> kernels) {
  std::stable_sort(kernels.begin(), kernels.end(),
                   [](const auto& a, const auto& b) { return step_seconds(a) > step_seconds(b); });
  return kernels;
}

formats::Json kernel_json(const KernelCost& cost) {
  return {{"name", cost.kernel.name()},
          {"input", cost.kernel.input},
          {"weight", cost.kernel.weight},
          {"type", at::toString(cost.kernel.type)},
          {"count", cost.count},
          {"flop", cost.kernel.flop()},
          {"seconds", side_json(cost.seconds)},
          {"flop_per_second", cost.flops()}};
}

}  // namespace

void add_kernel_options(Arguments& arguments, std::int64_t rounds) {
  add_config_options(arguments, 1, /*out_is_run=*/false);
  arguments
      .add_number("rounds", "N", "in which all sides take turns; from 5 on a bound is told", rounds)
      .add_real("seconds", "S", "of one kernel in one round; one run at least", 0.05);
}

bench::KernelEffort kernel_effort(const Arguments& arguments, bool none_may_be) {
  const bench::KernelEffort effort{arguments.real("seconds"),
                                   static_cast<int>(arguments.number("rounds"))};
  const bool long_enough = effort.seconds > 0 || (none_may_be && effort.seconds == 0);
  if (!long_enough || effort.rounds < 1 || arguments.number("rounds") > most_rounds)
    throw Error(ErrorKind::usage, none_may_be ? "--rounds is from 1 to 1000, --seconds 0 or more"
                                              : "--rounds is from 1 to 1000, --seconds positive");
  return effort;
}

run::Prepared prepare_bench(const Arguments& arguments, plugin::Catalog& catalog, Log& log) {
  const auto given = arguments.list("config");
  auto layers = read_layers(arguments, given.empty() ? "" : given[0]);
  auto prepared = run::prepare_to_show(layers, catalog);
  if (prepared.data == nullptr) {
    layers.assignments.push_back({"data.source=\"synthetic\"", "tandem bench"});
    prepared = run::prepare(layers, catalog);
  }
  if (prepared.config.run.device == "cuda")
    throw Error(ErrorKind::usage,
                "tandem bench measures the CPU: leave run.device and --device out");
  set_threads(prepared.config.run.threads);
  prepared.config =
      run::settle_precision(prepared.config, run::FolderUse::fresh, /*group=*/nullptr, log);
  return prepared;
}

std::string subject_line(const config::Config& config) {
  return Log::join(config.objective.id, " on ", config.backbone.id, ", batch ",
                   config.train.batch_size, ", ", config.run.precision, ", ",
                   report::counted(at::get_num_threads(), "thread"), ", ATen for ",
                   at::get_cpu_capability(), "\n");
}

std::string kernels_table(const std::vector<KernelCost>& kernels) {
  double all = 0;
  for (const auto& cost : kernels) all += step_seconds(cost);
  report::TextTable table({"kernel", "in a step", "GFLOP", "ms each", "GFLOP/s", "% of all"});
  for (const auto& cost : sorted(kernels)) {
    table.add({cost.kernel.name(), std::to_string(cost.count),
               report::fixed(cost.kernel.flop() / giga, 2),
               report::fixed(1e3 * median(cost.seconds), 2), report::fixed(cost.flops() / giga, 1),
               report::fixed(100 * step_seconds(cost) / all, 1)});
  }
  return table.text();
}

formats::Json kernels_json(const std::vector<KernelCost>& kernels) {
  auto list = formats::Json::array();
  for (const auto& cost : sorted(kernels)) list.push_back(kernel_json(cost));
  return list;
}

formats::Json subject_json(const config::Config& config) {
  return {{"processor", bench::processor()},
          {"cpu_capability", at::get_cpu_capability()},
          {"load", bench::load()},
          {"threads", at::get_num_threads()},
          {"objective", config.objective.id},
          {"backbone", config.backbone.id},
          {"batch", config.train.batch_size},
          {"precision", config.run.precision}};
}

}  // namespace tandem::cli
