#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/grid.hpp"
#include "cli/trials.hpp"
#include "tandem/base/error.hpp"

namespace tandem::cli {
namespace {

std::vector<Variant> variants_of(const Arguments& arguments) {
  std::vector<Variant> variants;
  for (const GridPoint& point : grid(arguments.list("set"))) {
    Variant variant{point.label, arguments.text("config"), {}};
    for (const auto& text : point.assignments)
      variant.assignments.push_back({text, "--set " + text});
    variants.push_back(std::move(variant));
  }
  return variants;
}

}  // namespace

int sweep_command(const Strings& words) {
  Arguments arguments(
      "sweep [CONFIG|PRESET] --set KEY=VALUE,VALUE… --out DIR [options]",
      "Trains a grid of configurations: every combination of the values that --set names, each "
      "with "
      "each\nseed, each run as a process of its own, and compares them as tandem compare does. "
      "Commas inside\nbrackets, braces and quotes belong to a value. What is finished in DIR "
      "already is kept.");
  add_config_options(arguments, 1, /*out_is_run=*/false);
  Trials::add_options(arguments);
  if (!arguments.parse(words)) return 0;
  auto variants = variants_of(arguments);
  if (variants.size() < 2)
    throw Error(ErrorKind::usage,
                "a sweep needs a key with several values, e.g. --set optimizer.lr=0.1,0.2,0.4");
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto catalog = make_catalog(arguments, log);
  return Trials(arguments, catalog, log, std::move(variants)).run_and_report();
}

}  // namespace tandem::cli
