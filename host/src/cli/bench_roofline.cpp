#include "bench/roofline.hpp"
#include "bench/statistics.hpp"
#include "cli/bench.hpp"
#include "cli/bench_kernels.hpp"
#include "cli/bench_report.hpp"
#include "cli/console_log.hpp"
#include "cli/setup.hpp"
#include "report/text.hpp"

#include <iostream>

namespace tandem::cli {
namespace {

Arguments roofline_arguments() {
  Arguments arguments(
      "bench roofline [CONFIG|PRESET|RUN] [options]",
      "Measures what this machine's LibTorch can do: a product of 2048 x 2048 matrices, and every "
      "kind of\n"
      "convolution and matrix product that one step of a configuration asks it for, forward and "
      "backward,\n"
      "each by itself, in the configuration's precision and threads, in channels-last memory. "
      "FLOP are those\n"
      "of the direct form; a backbone with convolutions of its own (convolution = \"direct\" "
      "switches them\n"
      "off) is described by that form. Attention that LibTorch computes in one kernel is not among "
      "them. Pictures\n"
      "are synthetic where the configuration names none.");
  add_kernel_options(arguments, 5);
  return arguments;
}

void print(const bench::Roofline& roofline, const config::Config& config) {
  const double seconds = bench::median(roofline.step_seconds);
  double flop = 0;
  for (const auto& cost : roofline.kernels) flop += cost.count * cost.kernel.flop();
  std::cout << machine_line() << subject_line(config) << '\n'
            << kernels_table(roofline.kernels) << '\n'
            << roofline.product.kernel.name() << ": "
            << report::fixed(roofline.product.flops() / 1e9, 1)
            << " GFLOP/s\na step's kernels: " << report::fixed(flop / 1e9, 1) << " GFLOP in "
            << report::fixed(1e3 * seconds, 1) << " ms, " << report::fixed(flop / seconds / 1e9, 1)
            << " GFLOP/s\n";
}

formats::Json to_json(const bench::Roofline& roofline, const config::Config& config) {
  auto json = subject_json(config);
  json["product"] = kernels_json({roofline.product})[0];
  json["kernels"] = kernels_json(roofline.kernels);
  json["step_seconds"] = side_json(roofline.step_seconds);
  return json;
}

}  // namespace

int bench_roofline(const Strings& words) {
  auto arguments = roofline_arguments();
  if (!arguments.parse(words)) return 0;
  const auto effort = kernel_effort(arguments, /*none_may_be=*/false);
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto catalog = make_catalog(arguments, log);
  const auto prepared = prepare_bench(arguments, catalog, log);
  const auto result = bench::roofline(prepared, catalog, effort, log);
  if (arguments.json())
    std::cout << formats::json_text(to_json(result, prepared.config));
  else
    print(result, prepared.config);
  return 0;
}

}  // namespace tandem::cli
