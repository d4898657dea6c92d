#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/setup.hpp"
#include "config/describe.hpp"
#include "formats/json_lines.hpp"
#include "plugin/stamp.hpp"
#include "report/text_table.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <iostream>

namespace tandem::cli {
namespace {

using plugin::text;

void list_json(const plugin::Catalog& catalog) {
  auto list = formats::Json::array();
  for (const auto& file : catalog.files()) {
    formats::Json provides = formats::Json::array();
    for (std::size_t i = 0; i < file.stamp.count; ++i) {
      const auto& item = file.stamp.items[i];
      provides.push_back({{"role", role_name(item.role)}, {"id", text(item.id)}});
    }
    list.push_back({{"file", file.path.string()},
                    {"id", text(file.stamp.id)},
                    {"version", text(file.stamp.version)},
                    {"doc", text(file.stamp.doc)},
                    {"author", text(file.stamp.author)},
                    {"license", text(file.stamp.license)},
                    {"libtorch", text(file.stamp.libtorch)},
                    {"provides", provides},
                    {"problem", file.problem}});
  }
  std::cout << list.dump(2) << '\n';
}

void list_text(const plugin::Catalog& catalog) {
  report::TextTable table({"id", "role", "plugin", "file"});
  for (const auto& file : catalog.files()) {
    for (std::size_t i = 0; file.problem.empty() && i < file.stamp.count; ++i) {
      const auto& item = file.stamp.items[i];
      table.add({std::string(text(item.id)), std::string(role_name(item.role)),
                 Log::join(text(file.stamp.id), " ", text(file.stamp.version)),
                 file.path.string()});
    }
  }
  std::cout << table.text();
  for (const auto& file : catalog.files()) {
    if (!file.problem.empty()) std::cout << "unusable: " << file.problem << '\n';
  }
}

/// What a configuration writes to use it.
std::string header(Role role, const std::string& id) {
  if (role == Role::augmentation) return "[[view]]  # { use = \"" + id + "\", … } in ops";
  return Log::join("[", role_name(role), "]\nuse = \"", id, "\"");
}

struct Provided {
  Role role;
  plugin::Found<Factory> found;
};

/// All that is called `id`, opened.
std::vector<Provided> provided(plugin::Catalog& catalog, const std::string& id) {
  std::vector<Provided> all;
  Strings known;
  for (const auto role : {Role::objective, Role::backbone, Role::augmentation}) {
    const auto ids = catalog.ids(role);
    if (std::find(ids.begin(), ids.end(), id) != ids.end())
      all.push_back({role, catalog.find(role, id)});
    known.insert(known.end(), ids.begin(), ids.end());
  }
  if (!all.empty()) return all;
  const auto close = nearest(id, known, 1);
  throw Error(ErrorKind::plugin, "no plugin provides '" + id + "'; " +
                                     (close.empty() ? "tandem plugins list shows what there is"
                                                    : "did you mean '" + close[0] + "'?"));
}

void info_text(const Provided& item) {
  const auto& origin = item.found.origin;
  const auto& schema = item.found.factory->schema();
  std::cout << role_name(item.role) << " '" << origin.id << "' of " << origin.plugin << ' '
            << origin.version << ", " << origin.file.string() << "\nsha256 "
            << plugin::sha256(origin.file) << "\n\n"
            << config::describe(schema) << '\n'
            << config::example_toml(header(item.role, origin.id), schema);
}

formats::Json info_json(const Provided& item) {
  const auto& origin = item.found.origin;
  auto parameters = formats::Json::array();
  for (const auto& param : item.found.factory->schema().params) {
    parameters.push_back({{"name", param.name},
                          {"type", type_name(param.type)},
                          {"default", to_toml(param, param.fallback)},
                          {"accepts", config::accepted(param)},
                          {"unit", param.unit},
                          {"doc", param.doc}});
  }
  return {{"role", role_name(item.role)}, {"id", origin.id},
          {"plugin", origin.plugin},      {"version", origin.version},
          {"file", origin.file.string()}, {"sha256", plugin::sha256(origin.file)},
          {"parameters", parameters}};
}

void info(plugin::Catalog& catalog, const std::string& id, bool as_json) {
  auto list = formats::Json::array();
  for (const auto& item : provided(catalog, id)) {
    if (as_json)
      list.push_back(info_json(item));
    else
      info_text(item);
  }
  if (as_json) std::cout << list.dump(2) << '\n';
}

}  // namespace

int plugins_command(const Strings& words) {
  Arguments arguments(
      "plugins list | info ID",
      "list: every plugin that can be named, read from the files without running any of their "
      "code.\n"
      "info: the parameters of one objective, backbone or augmentation, and TOML to paste.");
  arguments.positional("words", 2);
  if (!arguments.parse(words)) return 0;
  const auto given = arguments.list("words");
  const std::string what = given.empty() ? "" : given[0];
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto catalog = make_catalog(arguments, log);
  if (what == "list" && given.size() == 1) {
    if (arguments.json())
      list_json(catalog);
    else
      list_text(catalog);
  } else if (what == "info" && given.size() == 2) {
    info(catalog, given[1], arguments.json());
  } else {
    throw Error(ErrorKind::usage, "tandem plugins needs 'list' or 'info ID'");
  }
  return 0;
}

}  // namespace tandem::cli
