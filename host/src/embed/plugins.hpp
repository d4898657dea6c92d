#pragma once

#include "config/values.hpp"
#include "plugin/catalog.hpp"

#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tandem::host {

using Paths = std::vector<std::filesystem::path>;

/// What can be found in `first` (files or folders), in the folders of TANDEM_PLUGIN_PATH, and in
/// tandem/plugins beside this library. Throws Error(plugin), also where there is no plugin at all.
plugin::Catalog search_plugins(const Paths& first, Log& log);

/// Held while plugins are opened, and asked for schemas and objects: what they share is
/// used by one thread at a time. An objective may have another encoder made while it is made
/// itself.
std::unique_lock<std::recursive_mutex> lock_plugins();

/// A factory of a plugin's, and values for what it makes.
template <class F>
struct Chosen {
  plugin::Found<F> found;
  ParamValues values;
};

/// Finds and opens what a plugin provides, and reads the lines of its table. [any thread, each with
/// a catalog of its own]
template <class F>
Chosen<F> choose_plugin(plugin::Catalog& catalog, Role role, const std::string& id,
                        const std::string& parameters) {
  const auto lock = lock_plugins();
  auto found = catalog.find_as<F>(role, id);
  const std::string name(role_name(role));
  auto values = config::read_values(parameters, found.factory->schema(), "[" + name + "]",
                                    name + " '" + id + "'");
  return {std::move(found), std::move(values)};
}

}  // namespace tandem::host
