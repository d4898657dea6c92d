#pragma once

#include "cli/arguments.hpp"
#include "formats/json_lines.hpp"
#include "plugin/catalog.hpp"

#include <string>

/// The parts of `tandem plugins`, one file each; what they print goes to stdout.
namespace tandem::cli {

/// `list`: what the stamps say, without running any plugin's code.
void list_plugins(const plugin::Catalog& catalog, bool as_json);
/// Throws Error(plugin): nothing is called `id`, with the nearest of what is `known`.
[[noreturn]] void refuse_id(const std::string& id, const Strings& known);
/// What is known of a plugin from its file alone, for --json.
formats::Json file_json(const plugin::PluginFile& file);
/// `info ID`: origin, file, hash, parameters and TOML to paste of all that is called `id`: what a
/// plugin provides, or one of the host's optimizers or schedules; else the stamp of the plugin
/// `id`. Throws Error(plugin) for an unknown id, or where its plugin cannot be used.
void show_plugin(plugin::Catalog& catalog, const std::string& id, bool as_json);

/// `layers ID|FILE`: what can be tapped, with the shape of each output and its width after pooling.
/// Throws Error(usage), and what is wrong with the backbone or the file.
void list_layers(plugin::Catalog& catalog, const std::string& word, const Arguments& arguments);
/// The options that `list_layers` understands.
void add_layers_options(Arguments& arguments);

/// `check FILE|ID`: whether a plugin keeps its promises. Returns the exit code: 5 where it breaks
/// one. Throws Error(usage), and Error(plugin) for an unknown id.
int check_plugins(plugin::Catalog& catalog, const Strings& words, const Arguments& arguments,
                  Log& log);
/// The options that `check_plugins` understands.
void add_check_options(Arguments& arguments);

/// `new ROLE NAME`: writes a project from the templates beside the program, and prints what to do
/// next. Throws Error(usage) for an illegal name, for one that a plugin of `catalog` has, and for a
/// folder that exists already.
void new_plugin(const std::string& role, const std::string& name, const plugin::Catalog& catalog,
                const Arguments& arguments);
/// The options that `new_plugin` understands.
void add_new_options(Arguments& arguments);

}  // namespace tandem::cli
