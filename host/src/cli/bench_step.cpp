#include "bench/statistics.hpp"
#include "bench/step_cost.hpp"
#include "cli/bench.hpp"
#include "cli/bench_kernels.hpp"
#include "cli/bench_report.hpp"
#include "cli/console_log.hpp"
#include "cli/setup.hpp"
#include "formats/disk.hpp"
#include "report/text.hpp"
#include "tandem/base/log.hpp"

#include <iostream>

namespace tandem::cli {
namespace {

using bench::median;
using bench::parts;
using bench::StepCost;
using bench::StepTimes;
using report::fixed;

constexpr double giga = 1e9;

Arguments step_arguments() {
  Arguments arguments(
      "bench step [CONFIG|PRESET|RUN] [options]",
      "Measures training steps of a configuration, by the learner that train uses, with its own "
      "pictures, or\n"
      "synthetic ones where it names none. First --rounds steps in a row, the loader beside them: "
      "waiting for\n"
      "data and pictures a second, as means, and peak memory. Then as many on one batch: forward, "
      "backward,\n"
      "optimizer. Each of these takes turns with all convolutions and matrix products of a step by "
      "themselves\n"
      "(bench roofline): what share of the step's time they would take is what is left to gain "
      "without other\n"
      "arithmetic. It may be above 100 % where a backbone has faster convolutions of its own, and "
      "leaves out\n"
      "attention that LibTorch computes in one kernel.");
  add_kernel_options(arguments, 7);
  arguments.add_flag("one-batch",
                     "make one batch and use it for all steps: no loader works beside them");
  return arguments;
}

double flop_of(const StepCost& cost) {
  double flop = 0;
  for (const auto& kernel : cost.kernels) flop += kernel.count * kernel.kernel.flop();
  return flop;
}

std::string milliseconds(const std::vector<double>& seconds) {
  return fixed(1e3 * median(seconds), 1);
}

std::string times_text(const StepCost& cost) {
  const auto part = [&](double StepTimes::*which) {
    return milliseconds(parts(cost.steps, which));
  };
  return Log::join(
      "a step takes ", part(&StepTimes::step), " ms: forward ", part(&StepTimes::forward),
      ", backward ", part(&StepTimes::backward), ", optimizer ", part(&StepTimes::optimizer), "; ",
      cost.parameters, " parameters\n", cost.in_a_row.size(), " in a row: waiting for data ",
      fixed(1e3 * cost.seconds_waiting(), 1), " ms each, ", fixed(cost.pictures_per_second(), 1),
      " pictures a second, all views of one counted once\n");
}

std::string memory_text(const StepCost& cost) {
  const auto text = [](double bytes) {
    return formats::human_bytes(static_cast<std::uint64_t>(bytes));
  };
  return Log::join("peak memory ", text(cost.resident_peak),
                   " (resident, of the process), of which ", text(cost.resident_before),
                   " before the first step\n");
}

std::string roofline_text(const StepCost& cost) {
  if (cost.kernels.empty()) return "";
  const auto step = parts(cost.steps, &StepTimes::step);
  return Log::join(fixed(flop_of(cost) / giga, 1), " GFLOP a step, ",
                   fixed(flop_of(cost) / median(step) / giga, 1),
                   " GFLOP/s; by themselves these kernels take ", milliseconds(cost.roofline),
                   " ms, which is ", ratio_text(cost.roofline, step), " of the step\n\n",
                   kernels_table(cost.kernels));
}

formats::Json to_json(const StepCost& cost, const config::Config& config) {
  const auto side = [&](double StepTimes::*part) { return side_json(parts(cost.steps, part)); };
  auto json = subject_json(config);
  json["parameters"] = cost.parameters;
  json["step_seconds"] = side(&StepTimes::step);
  json["forward_seconds"] = side(&StepTimes::forward);
  json["backward_seconds"] = side(&StepTimes::backward);
  json["optimizer_seconds"] = side(&StepTimes::optimizer);
  json["data_seconds"] = side_json(parts(cost.in_a_row, &StepTimes::data));
  json["data_seconds"]["mean"] = cost.seconds_waiting();
  json["pictures_per_second"] = cost.pictures_per_second();
  json["peak_bytes"] = cost.resident_peak;
  json["bytes_before"] = cost.resident_before;
  if (cost.kernels.empty()) return json;
  json["flop"] = flop_of(cost);
  json["roofline_seconds"] = side_json(cost.roofline);
  json["roofline_share"] = ratio_json(cost.roofline, parts(cost.steps, &StepTimes::step));
  json["kernels"] = kernels_json(cost.kernels);
  return json;
}

}  // namespace

int bench_step(const Strings& words) {
  auto arguments = step_arguments();
  if (!arguments.parse(words)) return 0;
  const auto effort = kernel_effort(arguments, /*none_may_be=*/true);
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto catalog = make_catalog(arguments, log);
  const auto prepared = prepare_bench(arguments, catalog, log);
  const auto cost = bench::step_cost(
      prepared, catalog, {effort.rounds, effort.seconds, arguments.flag("one-batch")}, log);
  if (arguments.json()) {
    std::cout << formats::json_text(to_json(cost, prepared.config));
    return 0;
  }
  std::cout << machine_line() << subject_line(prepared.config) << times_text(cost)
            << memory_text(cost) << roofline_text(cost);
  return 0;
}

}  // namespace tandem::cli
