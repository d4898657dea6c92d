#pragma once

#include "plugin/catalog.hpp"

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace tandem::host {

using Paths = std::vector<std::filesystem::path>;

/// What can be found in `first` (files or folders), in the folders of TANDEM_PLUGIN_PATH, and in
/// tandem/plugins beside this library. Throws Error(plugin), also where there is no plugin at all.
plugin::Catalog search_plugins(const Paths& first, Log& log);

/// Libraries are opened by one thread at a time.
std::unique_lock<std::mutex> lock_plugins();

/// Finds and opens one thing that a plugin provides. [any thread]
template <class F>
plugin::Found<F> find_plugin(Role role, const std::string& id, const Paths& first, Log& log) {
  const auto lock = lock_plugins();
  auto catalog = search_plugins(first, log);
  return catalog.find_as<F>(role, id);
}

}  // namespace tandem::host
