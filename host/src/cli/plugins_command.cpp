#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/plugins.hpp"
#include "cli/setup.hpp"
#include "tandem/base/error.hpp"

namespace tandem::cli {

int plugins_command(const Strings& words) {
  Arguments arguments(
      "plugins list | info ID | layers ID|FILE.pt | check FILE|ID | new ROLE NAME [options]",
      "list: every plugin that can be named, read from the files without running any of their "
      "code.\n"
      "info: the parameters of one objective, backbone, augmentation, optimizer or schedule, and "
      "TOML to paste; or what a plugin says about itself.\n"
      "layers: what can be tapped of a backbone or of a TorchScript file, with output shapes for "
      "one input and widths after pooling.\n"
      "check: whether a plugin keeps the promises that a host relies on, each checked in a process "
      "of its own.\n"
      "new: a project that builds a plugin; ROLE is objective, backbone or augmentation.");
  add_layers_options(arguments);
  add_check_options(arguments);
  add_new_options(arguments);
  arguments.positional("words", 3);
  if (!arguments.parse(words)) return 0;
  const auto given = arguments.list("words");
  const std::string what = given.empty() ? "" : given[0];
  const auto is = [&](const char* name, std::size_t count) {
    return what == name && given.size() == count;
  };
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto catalog = make_catalog(arguments, log);
  if (is("new", 3)) return new_plugin(given[1], given[2], catalog, arguments), 0;
  if (is("list", 1)) return list_plugins(catalog, arguments.json()), 0;
  if (is("info", 2)) return show_plugin(catalog, given[1], arguments.json()), 0;
  if (is("layers", 2)) return list_layers(catalog, given[1], arguments), 0;
  if (what == "check")
    return check_plugins(catalog, {given.begin() + 1, given.end()}, arguments, log);
  throw Error(ErrorKind::usage,
              "tandem plugins needs 'list', 'info ID', 'layers ID|FILE.pt', 'check FILE|ID' or "
              "'new ROLE NAME'");
}

}  // namespace tandem::cli
