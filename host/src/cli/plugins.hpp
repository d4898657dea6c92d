#pragma once

#include "cli/arguments.hpp"
#include "plugin/catalog.hpp"

#include <string>

/// The parts of `tandem plugins`, one file each; what they print goes to stdout.
namespace tandem::cli {

/// `list`: what the stamps say, without running any plugin's code.
void list_plugins(const plugin::Catalog& catalog, bool as_json);
/// `info ID`: origin, file, hash, parameters and TOML to paste. Throws Error(plugin) for an unknown
/// id.
void show_plugin(plugin::Catalog& catalog, const std::string& id, bool as_json);

}  // namespace tandem::cli
