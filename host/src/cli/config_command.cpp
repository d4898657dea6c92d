#include "cli/commands.hpp"
#include "cli/config_diff.hpp"
#include "cli/console_log.hpp"
#include "cli/setup.hpp"
#include "formats/json_lines.hpp"
#include "tandem/base/error.hpp"

#include <iostream>

namespace tandem::cli {
namespace {

void show_json(const config::Config& config) {
  auto list = formats::Json::array();
  for (const auto& [path, value, doc, origin] : config::settings(config)) {
    list.push_back({{"key", path}, {"value", value}, {"origin", origin.where()}});
  }
  std::cout << formats::json_text(list);
}

}  // namespace

int config_command(const Strings& words) {
  Arguments arguments(
      "config check|show [CONFIG|PRESET|RUN] | diff A B [options]",
      "check: reads a configuration and the parameters of its plugins, and names "
      "everything that is wrong.\n"
      "show: prints every key with its value. Where no pictures are named, the "
      "defaults are those for 32 x 32 ones.\n"
      "diff: prints the keys whose values differ; views are compared one by one, "
      "operation by operation. Options hold for both sides. It exits with 0 whether "
      "they differ or not.");
  add_config_options(arguments, 3);
  arguments.add_flag("origin", "show: where each value comes from")
      .add_flag("docs", "show: what each key means");
  if (!arguments.parse(words)) return 0;
  const auto given = arguments.list("config");
  const std::string what = given.empty() ? "" : given[0];
  if ((what != "check" && what != "show" && what != "diff") ||
      (what == "diff" ? given.size() != 3 : given.size() > 2)) {
    throw Error(ErrorKind::usage,
                "tandem config needs 'check' or 'show', then at most one configuration, or 'diff' "
                "and two");
  }
  if (arguments.flag("origin") && arguments.flag("docs")) {
    throw Error(ErrorKind::usage, "--origin and --docs exclude each other");
  }
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto catalog = make_catalog(arguments, log);
  if (what == "diff") {
    config_diff(arguments, catalog, given[1], given[2]);
    return 0;
  }
  const auto layers = read_layers(arguments, given.size() > 1 ? given[1] : "");
  const auto prepared = run::prepare_to_show(layers, catalog);
  const auto notes = arguments.flag("origin") ? config::Notes::origins
                     : arguments.flag("docs") ? config::Notes::docs
                                              : config::Notes::none;
  if (what == "check")
    std::cout << (arguments.json() ? "{\"fine\": true}\n" : "the configuration is fine\n");
  else if (arguments.json())
    show_json(prepared.config);
  else
    std::cout << config::to_toml(prepared.config, notes);
  return 0;
}

}  // namespace tandem::cli
