#pragma once

#include "cli/arguments.hpp"
#include "plugin/catalog.hpp"
#include "run/configuration.hpp"

namespace tandem::cli {

/// Every plugin a command may name, in search order: --plugin, --plugin-path, TANDEM_PLUGIN_PATH
/// (absolute folders separated by colons; empty entries count for nothing), the program's own.
/// Never the current folder unless an option names it. Throws Error(plugin).
plugin::Catalog make_catalog(const Arguments& arguments, Log& log);

/// Where the program's presets are, and what they are called, sorted.
std::filesystem::path preset_folder();
Strings preset_names();

/// The options that `read_layers` understands, and `words` words under the name "config"; --out for
/// the run's folder unless the command writes something else there.
void add_config_options(Arguments& arguments, int words, bool out_is_run = true);
/// What --trust of the commands on a run's folder is for: the folder's own word does not count.
inline constexpr const char* trust_help =
    "run the code of the TorchScript file that RUN was trained with";
/// KEY=VALUE with the text as a TOML string.
std::string assignment(const std::string& key, const std::string& text);
/// What --set says, each with its number for messages.
std::vector<run::Assignment> set_assignments(const Arguments& arguments);
/// The layers of a configuration as the command line gives them but for --set; `word` names a file,
/// a run's folder or a preset, or is empty.
run::Layers read_shorthands(const Arguments& arguments, const std::string& word);
/// The same with --set.
run::Layers read_layers(const Arguments& arguments, const std::string& word);

}  // namespace tandem::cli
