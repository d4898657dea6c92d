#include "bench/loss_cost.hpp"
#include "bench/machine.hpp"
#include "bench/statistics.hpp"
#include "cli/bench.hpp"
#include "cli/bench_report.hpp"
#include "cli/console_log.hpp"
#include "cli/process.hpp"
#include "cli/setup.hpp"
#include "report/text.hpp"
#include "report/text_table.hpp"
#include "tandem/base/error.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <iostream>

namespace tandem::cli {
namespace {

using bench::LossCost;
using bench::LossSize;
using report::fixed;
using Numbers = std::vector<std::int64_t>;

Arguments loss_arguments() {
  Arguments arguments(
      "bench loss [options]",
      "Measures an objective's loss, forward and backward, on random embeddings: no encoder, no "
      "heads. Peak\n"
      "memory is what the first pass adds to the embeddings, by the resident high-water mark of a "
      "process of\n"
      "its own; tensors are what LibTorch's allocator gave out, at a time and in all. --batch and "
      "--dim may be\n"
      "repeated: the first --dim belongs to the first --batch, and so on; the sizes take turns.");
  arguments.add_text("objective", "ID", "whose loss (objective.use)", "barlow_twins")
      .add_numbers("batch", "N", "embeddings of a view")
      .add_numbers("dim", "D", "numbers of an embedding")
      .add_number("threads", "N", "CPU threads; 0: all", 0)
      .add_real("seconds", "S", "of one size in one round; one pass at least", 0.2)
      .add_number("rounds", "N", "in which the sizes take turns", 7)
      .add_list("set", "KEY=VALUE",
                "any key, e.g. --set objective.form=correlation; may be repeated");
  return arguments;
}

std::vector<LossSize> sizes_of(const Arguments& arguments) {
  const auto given = [&](const char* name) {
    return arguments.has(name) ? arguments.numbers(name) : Numbers();
  };
  const Numbers batches = given("batch"), dims = given("dim");
  if (batches.empty() && dims.empty()) return {{256, 8192}, {256, 2048}, {2048, 2048}};
  if (batches.size() != dims.size())
    throw Error(ErrorKind::usage,
                "--batch and --dim belong together: give as many of one as of "
                "the other");
  std::vector<LossSize> sizes;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (batches[i] < 2 || dims[i] < 1)
      throw Error(ErrorKind::usage, "--batch must be 2 or more, --dim 1 or more");
    sizes.push_back({batches[i], dims[i]});
  }
  return sizes;
}

bench::Effort effort_of(const Arguments& arguments) {
  const bench::Effort effort{arguments.real("seconds"),
                             static_cast<int>(arguments.number("rounds"))};
  if (!(effort.seconds > 0) || effort.rounds < 1 || arguments.number("rounds") > most_rounds ||
      arguments.number("threads") < 0)
    throw Error(ErrorKind::usage,
                "--rounds is from 1 to 1000, --seconds positive, --threads 0 or more");
  return effort;
}

config::Config configure(const Arguments& arguments, plugin::Catalog& catalog) {
  run::Layers layers;
  layers.assignments = {{assignment("objective.use", arguments.text("objective")), "--objective"}};
  for (auto& item : set_assignments(arguments)) layers.assignments.push_back(std::move(item));
  auto config = run::prepare_for(layers, catalog, {32, 32, 3});
  // What reaches a loss is one of the two, whatever encoders compute in.
  if (config.run.precision != "float64") config.run.precision = "float32";
  return config;
}

formats::Json cost_json(const LossCost& cost, const config::Config& config) {
  const auto [low, high] = std::minmax_element(cost.seconds.begin(), cost.seconds.end());
  return {{"objective", config.objective.id},
          {"batch", cost.size.batch},
          {"dim", cost.size.dim},
          {"precision", config.run.precision},
          {"threads", at::get_num_threads()},
          {"seconds_median", bench::median(cost.seconds)},
          {"seconds_low", *low},
          {"seconds_high", *high},
          {"peak_bytes", cost.peak_bytes},
          {"tensor_peak_bytes", cost.tensor_peak_bytes},
          {"tensor_bytes", cost.tensor_bytes},
          {"rounds", cost.seconds}};
}

/// One size is an object of its own.
formats::Json to_json(const std::vector<LossCost>& costs, const config::Config& config) {
  formats::Json json = {{"processor", bench::processor()}, {"load", bench::load()}};
  if (costs.size() == 1) {
    json.update(cost_json(costs[0], config));
    return json;
  }
  json["losses"] = formats::Json::array();
  for (const auto& cost : costs) json["losses"].push_back(cost_json(cost, config));
  return json;
}

void print(const std::vector<LossCost>& costs, const config::Config& config) {
  const auto megabytes = [](double bytes) { return fixed(bytes / 1e6, 1); };
  report::TextTable table(
      {config.objective.id, "ms", "low", "high", "peak MB", "tensors, peak MB", "tensors, all MB"});
  for (const auto& cost : costs) {
    const auto [low, high] = std::minmax_element(cost.seconds.begin(), cost.seconds.end());
    table.add({Log::join("N ", cost.size.batch, ", D ", cost.size.dim),
               fixed(1e3 * bench::median(cost.seconds), 2), fixed(1e3 * *low, 2),
               fixed(1e3 * *high, 2), megabytes(cost.peak_bytes), megabytes(cost.tensor_peak_bytes),
               megabytes(cost.tensor_bytes)});
  }
  std::cout << machine_line() << report::counted(at::get_num_threads(), "thread")
            << ", forward and backward\n\n"
            << table.text();
}

}  // namespace

int bench_loss(const Strings& words) {
  auto arguments = loss_arguments();
  if (!arguments.parse(words)) return 0;
  const auto sizes = sizes_of(arguments);
  const auto effort = effort_of(arguments);
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto catalog = make_catalog(arguments, log);
  const auto config = configure(arguments, catalog);
  set_threads(static_cast<int>(arguments.number("threads")));
  const auto costs = bench::loss_costs(config, catalog, sizes, effort, log);
  if (arguments.json())
    std::cout << formats::json_text(to_json(costs, config));
  else
    print(costs, config);
  return 0;
}

}  // namespace tandem::cli
