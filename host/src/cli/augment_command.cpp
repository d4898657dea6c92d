#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/setup.hpp"
#include "data/png.hpp"
#include "formats/json_lines.hpp"
#include "run/preview.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <iostream>
#include <optional>

namespace tandem::cli {
namespace {

Arguments augment_arguments() {
  Arguments arguments(
      "augment preview [CONFIG|PRESET|RUN] [options]",
      "Draws what training sees: for the seed of the configuration, a row for each picture, the "
      "original\n"
      "first, then each view with the very pixels that a run trains on, before normalising (shrunk "
      "where\n"
      "a side has more than 1024). Prints what each operation draws for them (--quiet: not), or "
      "'-' "
      "where\n"
      "an operation does not say.");
  add_config_options(arguments, 2, false);
  arguments.add_text("out", "FILE", "the picture to write, a PNG", "preview.png");
  arguments.add_number("images", "N", "how many pictures; default: 8, or as many as there are");
  arguments.add_number("epoch", "N", "which epoch, from 0", 0);
  arguments.add_number("first", "N", "place of the first one in the epoch's order, from 0", 0);
  arguments.add_flag("steps",
                     "a row for each picture and view: what each operation makes of it in turn");
  return arguments;
}

Strings operations(const config::View& view) {
  Strings ids;
  for (const auto& op : view.ops) ids.push_back(op.id);
  return ids;
}

/// The operations of each of a picture's views: a [[view]] may stand for several.
std::vector<Strings> operations_of_views(const config::Config& config) {
  std::vector<Strings> all;
  for (const auto& view : config.views)
    all.insert(all.end(), static_cast<std::size_t>(view.host.count), operations(view));
  return all;
}

/// A view each, an object for each operation.
formats::Json to_json(const data::PictureDraws& draws, const std::vector<Strings>& operations) {
  auto views = formats::Json::array();
  for (std::size_t v = 0; v < draws.size(); ++v) {
    auto ops = formats::Json::array();
    for (std::size_t i = 0; i < draws[v].size(); ++i) {
      const std::string& text = draws[v][i];
      ops.push_back({{"use", operations[v][i]},
                     {"drawn", text.empty() ? formats::Json() : formats::Json(text)}});
    }
    views.push_back(ops);
  }
  return views;
}

formats::Json to_json(const run::Preview& preview, const config::Config& config,
                      const run::PreviewOptions& options, const std::string& out) {
  const auto of_views = operations_of_views(config);
  auto pictures = formats::Json::array();
  for (std::size_t i = 0; i < preview.samples.size(); ++i) {
    pictures.push_back({{"place", options.first + static_cast<std::int64_t>(i)},
                        {"sample", preview.samples[i]},
                        {"name", preview.names[i]},
                        {"shown", preview.shown[i]},
                        {"views", to_json(preview.draws[i], of_views)}});
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

/// A line for each operation of each view.
void print(const data::PictureDraws& draws, const std::vector<Strings>& operations) {
  std::size_t longest = 0;
  for (const auto& ids : operations)
    for (const auto& id : ids) longest = std::max(longest, id.size());
  for (std::size_t v = 0; v < draws.size(); ++v) {
    for (std::size_t i = 0; i < draws[v].size(); ++i) {
      const std::string& id = operations[v][i];
      std::cout << "    view " << v + 1 << "  " << id << std::string(longest - id.size() + 2, ' ')
                << (draws[v][i].empty() ? "-" : draws[v][i]) << '\n';
    }
  }
}

/// "view 1", or "views 2 to 7".
std::string numbers(int first, int count) {
  const std::string from = std::to_string(first);
  return count == 1 ? "view " + from : "views " + from + " to " + std::to_string(first + count - 1);
}

void print(const run::Preview& preview, const config::Config& config,
           const run::PreviewOptions& options, const std::string& out) {
  std::cout << out << ": seed " << config.run.seed << ", epoch " << options.epoch << ", "
            << (options.steps ? "a row for each picture and view" : "a row for each picture")
            << ", the original first\n";
  int first = 1;
  for (const auto& view : config.views) {
    std::cout << numbers(first, view.host.count) << ':';
    for (const auto& id : operations(view)) std::cout << ' ' << id;
    std::cout << '\n';
    first += view.host.count;
  }
  const auto of_views = operations_of_views(config);
  for (std::size_t i = 0; i < preview.samples.size(); ++i) {
    std::cout << "  place " << options.first + static_cast<std::int64_t>(i) << ": "
              << preview.names[i] << '\n';
    if (preview.shown[i] != preview.names[i])
      std::cout << "    cannot be read: " << preview.shown[i] << " takes its place\n";
    if (options.draws) print(preview.draws[i], of_views);
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
  std::optional<std::int64_t> images;
  if (arguments.has("images")) images = arguments.number("images");
  const run::PreviewOptions options{arguments.number("epoch"), arguments.number("first"), images,
                                    arguments.flag("steps"),
                                    arguments.json() || !arguments.quiet()};
  const auto preview = run::preview(prepared, catalog, options);
  const std::string out = arguments.text("out");
  data::write_png(out, preview.sheet);
  if (arguments.json()) {
    std::cout << formats::json_text(to_json(preview, prepared.config, options, out));
  } else {
    print(preview, prepared.config, options, out);
  }
  return 0;
}

}  // namespace tandem::cli
