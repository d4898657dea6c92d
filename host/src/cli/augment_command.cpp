#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/setup.hpp"
#include "data/png.hpp"
#include "formats/json_lines.hpp"
#include "run/preview.hpp"
#include "tandem/base/error.hpp"

#include <iostream>

namespace tandem::cli {
namespace po = boost::program_options;
namespace {

Arguments augment_arguments() {
  Arguments arguments(
      "augment preview [CONFIG|PRESET|RUN] [options]",
      "Draws what training sees: for the seed of the configuration, a row for each picture, the "
      "original\n"
      "first, then each view with the very pixels that a run trains on, before normalising.");
  add_config_options(arguments, 2, false);
  arguments.add()("out", po::value<std::string>()->value_name("FILE")->default_value("preview.png"),
                  "the picture to write, a PNG");
  arguments.add()("images", po::value<std::int64_t>()->value_name("N")->default_value(8),
                  "how many pictures");
  arguments.add()("epoch", po::value<std::int64_t>()->value_name("N")->default_value(0),
                  "which epoch, from 0");
  arguments.add()("first", po::value<std::int64_t>()->value_name("N")->default_value(0),
                  "place of the first one in the epoch's order, from 0");
  arguments.add()("steps", po::bool_switch(),
                  "a row for each picture and view: what each operation makes of it in turn");
  return arguments;
}

Strings operations(const config::View& view) {
  Strings ids;
  for (const auto& op : view.ops) ids.push_back(op.id);
  return ids;
}

formats::Json to_json(const run::Preview& preview, const config::Config& config,
                      const run::PreviewOptions& options, const std::string& out) {
  auto pictures = formats::Json::array();
  for (std::size_t i = 0; i < preview.samples.size(); ++i) {
    pictures.push_back({{"place", options.first + static_cast<std::int64_t>(i)},
                        {"sample", preview.samples[i]},
                        {"name", preview.names[i]}});
  }
  auto views = formats::Json::array();
  for (const auto& view : config.views) {
    views.push_back({{"count", view.host.count}, {"ops", operations(view)}});
  }
  return {{"file", out},
          {"seed", config.run.seed},
          {"epoch", options.epoch},
          {"pictures", pictures},
          {"views", views}};
}

void print(const run::Preview& preview, const config::Config& config,
           const run::PreviewOptions& options, const std::string& out) {
  std::cout << out << ": seed " << config.run.seed << ", epoch " << options.epoch << ", "
            << (options.steps ? "a row for each picture and view" : "a row for each picture")
            << ", the original first\n";
  for (std::size_t i = 0; i < preview.samples.size(); ++i) {
    std::cout << "  place " << options.first + static_cast<std::int64_t>(i) << ": "
              << preview.names[i] << '\n';
  }
  for (std::size_t v = 0; v < config.views.size(); ++v) {
    std::cout << "view " << v + 1;
    if (config.views[v].host.count > 1) std::cout << " (x " << config.views[v].host.count << ")";
    std::cout << ':';
    for (const auto& id : operations(config.views[v])) std::cout << ' ' << id;
    std::cout << '\n';
  }
}

}  // namespace

int augment_command(const Strings& words) {
  auto arguments = augment_arguments();
  if (!arguments.parse(words)) return 0;
  const auto given = arguments.list("config");
  if (given.empty() || given[0] != "preview" || given.size() > 2) {
    throw Error(ErrorKind::usage, "tandem augment needs 'preview' and a configuration or --data");
  }
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto catalog = make_catalog(arguments, log);
  auto layers = read_layers(arguments, given.size() == 2 ? given[1] : "");
  std::erase_if(layers.assignments, [](const auto& item) { return item.origin == "--out"; });
  const auto prepared = run::prepare(layers, catalog);
  const run::PreviewOptions options{arguments.number("epoch"), arguments.number("first"),
                                    arguments.number("images"), arguments.flag("steps")};
  const auto preview = run::preview(prepared, catalog, options);
  const std::string out = arguments.text("out");
  data::write_png(out, preview.sheet);
  if (arguments.json()) {
    std::cout << to_json(preview, prepared.config, options, out).dump(2) << '\n';
  } else {
    print(preview, prepared.config, options, out);
  }
  return 0;
}

}  // namespace tandem::cli
