#include "cli/setup.hpp"

#include "cli/process.hpp"
#include "plugin/search_path.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <string_view>

namespace tandem::cli {
namespace {

/// Options that are a shorter spelling of one key.
struct Shorthand {
  const char* option;
  const char* key;
  const char* value_name;
  const char* what;
};
constexpr Shorthand shorthands[] = {
    {"data", "data.path", "DIR", "the pictures: a folder, shards, or a file (data.path)"},
    {"objective", "objective.use", "ID",
     "barlow_twins, simsiam, byol, simclr, or a plugin's (objective.use)"},
    {"backbone", "backbone.use", "ID", "resnet18, …, or a plugin's (backbone.use)"},
    {"out", "run.out", "DIR", "the run folder (run.out); default: a new one in runs/"},
    {"device", "run.device", "NAME", "cpu, cuda or auto (run.device)"},
};

std::filesystem::path find_config(const std::string& word) {
  if (std::filesystem::exists(word)) return word;
  const auto preset = preset_folder() / (word + ".toml");
  if (std::filesystem::exists(preset)) return preset;
  std::string message = "there is no file and no preset '" + word + "'";
  const auto names = preset_names();
  for (std::size_t i = 0; i < names.size(); ++i)
    message += (i == 0 ? "; presets: " : ", ") + names[i];
  throw Error(ErrorKind::config, message);
}

}  // namespace

std::filesystem::path preset_folder() {
  return program_prefix() / "share/tandem/presets";
}

Strings preset_names() {
  Strings names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(preset_folder(), error)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string assignment(const std::string& key, const std::string& text) {
  return key + "=" + to_toml(ParamValue(text));
}

std::vector<run::Assignment> set_assignments(const Arguments& arguments) {
  std::vector<run::Assignment> assignments;
  for (const auto& text : arguments.list("set"))
    assignments.push_back({text, "--set #" + std::to_string(assignments.size() + 1)});
  return assignments;
}

plugin::Catalog make_catalog(const Arguments& arguments, Log& log) {
  plugin::Catalog catalog(log);
  for (const auto& file : arguments.list("plugin")) catalog.add_file(file);
  for (const auto& folder : arguments.list("plugin-path")) catalog.add_folder(folder);
  plugin::add_search_path(catalog, "give it with --plugin-path");
  const auto own = program_prefix() / "lib/tandem/plugins";
  if (std::filesystem::is_directory(own)) catalog.add_folder(own);
  for (const auto& file : catalog.files()) {
    log.write(LogLevel::debug, "found " + file.path.string() +
                                   (file.problem.empty() ? "" : ", unusable: " + file.problem));
  }
  return catalog;
}

void add_config_options(Arguments& arguments, int words, bool out_is_run) {
  for (const auto& [option, key, value_name, what] : shorthands) {
    if (key == std::string_view("run.out") && !out_is_run) continue;
    arguments.add_text(option, value_name, what);
  }
  arguments.add_list("set", "KEY=VALUE",
                     "any key, e.g. --set train.epochs=20; VALUE is TOML; may be repeated");
  arguments.positional("config", words);
}

run::Layers read_shorthands(const Arguments& arguments, const std::string& word) {
  run::Layers layers;
  if (!word.empty() && std::filesystem::exists(std::filesystem::path(word) / "config.toml"))
    layers = run::layers_of_run(word);
  else if (!word.empty())
    layers.file = find_config(word);
  for (const auto& [option, key, value_name, what] : shorthands) {
    if (!arguments.has(option)) continue;
    layers.assignments.push_back(
        {assignment(key, arguments.text(option)), std::string("--") + option});
  }
  return layers;
}

run::Layers read_layers(const Arguments& arguments, const std::string& word) {
  auto layers = read_shorthands(arguments, word);
  for (auto& item : set_assignments(arguments)) layers.assignments.push_back(std::move(item));
  return layers;
}

}  // namespace tandem::cli
