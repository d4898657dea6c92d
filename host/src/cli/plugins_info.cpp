#include "cli/plugins.hpp"
#include "config/describe.hpp"
#include "formats/json_lines.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <iostream>

namespace tandem::cli {
namespace {

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

}  // namespace

void show_plugin(plugin::Catalog& catalog, const std::string& id, bool as_json) {
  auto list = formats::Json::array();
  for (const auto& item : provided(catalog, id)) {
    if (as_json)
      list.push_back(info_json(item));
    else
      info_text(item);
  }
  if (as_json) std::cout << list.dump(2) << '\n';
}

}  // namespace tandem::cli
