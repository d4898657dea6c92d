#include "cli/plugins.hpp"
#include "config/describe.hpp"
#include "config/sections.hpp"
#include "plugin/stamp.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <iostream>

namespace tandem::cli {
namespace {

using plugin::text;

/// What a configuration writes to use it.
std::string header(Role role, const std::string& id) {
  if (role == Role::augmentation) return "[[view]]  # { use = \"" + id + "\", … } in ops";
  return Log::join("[", role_name(role), "]\nuse = \"", id, "\"");
}

/// A schema that a configuration can name, and where it comes from: a plugin, or the host itself.
struct Named {
  std::string role;
  std::string header;
  plugin::Origin origin;  ///< without a file for the host's own
  Schema schema;
};

/// Opens the plugins that provide something called `id`.
std::vector<Named> provided(plugin::Catalog& catalog, const std::string& id) {
  std::vector<Named> all;
  for (const auto role : {Role::objective, Role::backbone, Role::augmentation}) {
    const auto ids = catalog.ids(role);
    if (!std::binary_search(ids.begin(), ids.end(), id)) continue;
    const auto found = catalog.find(role, id);
    all.push_back(
        {std::string(role_name(role)), header(role, id), found.origin, found.factory->schema()});
  }
  return all;
}

std::vector<Named> built_in(const std::string& id) {
  std::vector<Named> all;
  const auto look = [&](const std::string& section, const std::vector<config::NamedSchema>& list) {
    if (const auto* found = config::find(list, id)) {
      all.push_back({section,
                     "[" + section + "]\nuse = \"" + id + "\"",
                     {"tandem", TANDEM_VERSION, id, {}},
                     found->schema});
    }
  };
  look("optimizer", config::optimizers());
  look("schedule", config::schedules());
  return all;
}

void info_text(const Named& item) {
  const auto& origin = item.origin;
  std::cout << item.role << " '" << origin.id << "' of " << origin.plugin << ' ' << origin.version;
  if (!origin.file.empty())
    std::cout << ", " << origin.file.string() << "\nsha256 " << plugin::sha256(origin.file);
  std::cout << "\n\n"
            << config::describe(item.schema) << '\n'
            << config::example_toml(item.header, item.schema);
}

formats::Json info_json(const Named& item) {
  const auto& origin = item.origin;
  auto parameters = formats::Json::array();
  for (const auto& param : item.schema.params) {
    parameters.push_back({{"name", param.name},
                          {"type", type_name(param.type)},
                          {"default", to_toml(param, param.fallback)},
                          {"accepts", config::accepted(param)},
                          {"unit", param.unit},
                          {"doc", param.doc}});
  }
  return {{"role", item.role},
          {"id", origin.id},
          {"plugin", origin.plugin},
          {"version", origin.version},
          {"file", origin.file.string()},
          {"sha256", origin.file.empty() ? "" : plugin::sha256(origin.file)},
          {"parameters", parameters}};
}

void plugin_text(const plugin::PluginFile& file) {
  const auto& stamp = file.stamp;
  const auto or_unknown = [](std::string_view text) { return text.empty() ? "unknown" : text; };
  std::cout << "plugin " << text(stamp.id) << ' ' << text(stamp.version) << ": " << text(stamp.doc)
            << "\nfile " << file.path.string() << "\nsha256 " << plugin::sha256(file.path)
            << "\nauthor " << or_unknown(text(stamp.author)) << "\nlicense "
            << or_unknown(text(stamp.license)) << "\nbuilt with SDK " << stamp.major << '.'
            << stamp.minor << ", LibTorch " << text(stamp.libtorch) << ", " << text(stamp.compiler)
            << "\n\n";
  for (std::size_t i = 0; i < stamp.count; ++i)
    std::cout << role_name(stamp.items[i].role) << " '" << text(stamp.items[i].id) << "'\n";
  std::cout << "\ntandem plugins info ID shows the parameters of one\n";
}

/// True where the plugin is called `id` or provides something that is.
bool speaks_of(const plugin::PluginFile& file, const std::string& id) {
  bool yes = text(file.stamp.id) == id;
  for (std::size_t i = 0; i < file.stamp.count; ++i) yes |= text(file.stamp.items[i].id) == id;
  return yes;
}

/// The plugin of this id, from its stamp alone.
const plugin::PluginFile& plugin_of(const plugin::Catalog& catalog, const std::string& id) {
  Strings known;
  const plugin::PluginFile* unusable = nullptr;
  for (const auto& file : catalog.files()) {
    if (file.problem.empty() && text(file.stamp.id) == id) return file;
    if (!file.problem.empty() && speaks_of(file, id)) unusable = &file;
    if (file.problem.empty()) known.emplace_back(text(file.stamp.id));
    for (std::size_t i = 0; file.problem.empty() && i < file.stamp.count; ++i)
      known.emplace_back(text(file.stamp.items[i].id));
  }
  if (unusable != nullptr) throw Error(ErrorKind::plugin, unusable->problem);
  refuse_id(id, known);
}

}  // namespace

void refuse_id(const std::string& id, const Strings& known) {
  const auto close = nearest(id, known, 1);
  throw Error(ErrorKind::plugin, "no plugin provides '" + id + "'; " +
                                     (close.empty() ? "tandem plugins list shows what there is"
                                                    : "did you mean '" + close[0] + "'?"));
}

void show_plugin(plugin::Catalog& catalog, const std::string& id, bool as_json) {
  auto items = provided(catalog, id);
  for (auto& own : built_in(id)) items.push_back(std::move(own));
  auto list = formats::Json::array();
  for (const auto& item : items) {
    if (as_json)
      list.push_back(info_json(item));
    else
      info_text(item);
  }
  if (items.empty()) {
    const auto& file = plugin_of(catalog, id);
    if (as_json)
      list.push_back(file_json(file));
    else
      plugin_text(file);
  }
  if (as_json) std::cout << formats::json_text(list);
}

}  // namespace tandem::cli
