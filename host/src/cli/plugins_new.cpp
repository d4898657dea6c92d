#include "cli/plugins.hpp"
#include "cli/process.hpp"
#include "formats/atomic_file.hpp"
#include "formats/json_lines.hpp"
#include "plugin/stamp.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <regex>

namespace tandem::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorKind::usage, message);
}

/// An id of the SDK that is also a target of CMake and, in another spelling, a class of C++.
void check_name(const std::string& name) {
  if (!plugin::legal_id(name)) {
    refuse("'" + name +
           "' cannot name a plugin: a name starts with a lower-case letter, consists of a-z, 0-9 "
           "and _, and has at most 46 characters");
  }
  static constexpr std::array<std::string_view, 9> taken = {"all",    "clean",         "edit_cache",
                                                            "help",   "install",       "package",
                                                            "params", "rebuild_cache", "test"};
  if (std::find(taken.begin(), taken.end(), name) != taken.end())
    refuse("'" + name + "' means something to CMake or to the SDK already: choose another name");
}

/// Of two plugins with one id the first hides the other.
void check_free(Role role, const std::string& name, const plugin::Catalog& catalog) {
  const auto ids = catalog.ids(role);
  if (std::find(ids.begin(), ids.end(), name) == ids.end()) return;
  refuse("'" + name + "' is taken: a plugin that is found here has that " +
         std::string(role_name(role)) + " already (tandem plugins list); choose another name");
}

/// "my_method" → "MyMethod".
std::string class_name(const std::string& name) {
  std::string text;
  bool first = true;
  for (const char c : name) {
    if (c != '_') text += first && c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    first = c == '_';
  }
  return text;
}

/// What a template is called, and what its copy is.
struct Renaming {
  std::string role, name;
  std::string operator()(std::string text) const {
    const std::string from = "my_" + role;
    for (const auto& [old, now] : {std::pair(from, name),  //
                                   std::pair(class_name(from), class_name(name))}) {
      for (auto at = text.find(old); at != std::string::npos; at = text.find(old, at + now.size()))
        text.replace(at, old.size(), now);
    }
    return text;
  }
};

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) throw Error(ErrorKind::resource, "cannot read " + file.string());
  return text;
}

void copy_template(const fs::path& from, const fs::path& to, const Renaming& renamed) {
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path path = to / renamed(entry.path().lexically_relative(from).string());
    if (entry.is_directory())
      fs::create_directory(path);
    else
      formats::write_file(path, renamed(read(entry.path())));
  }
}

/// A folder of that name, made now, with the copy in it or not at all.
void write_project(const fs::path& from, const fs::path& folder, const Renaming& renamed) {
  try {
    if (folder.has_parent_path()) fs::create_directories(folder.parent_path());
    if (!fs::create_directory(folder)) refuse(folder.string() + " exists already");
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::resource,
                "cannot make the folder " + folder.string() + ": " + error.code().message());
  }
  try {
    copy_template(from, folder, renamed);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    throw;
  }
}

/// As a shell reads it.
std::string word(const fs::path& path) {
  static const std::regex plain("[A-Za-z0-9_./+-]+");
  const std::string text = path.string();
  if (std::regex_match(text, plain)) return text;
  return "'" + std::regex_replace(text, std::regex("'"), "'\\''") + "'";
}

std::string use(const std::string& role, const std::string& name) {
  if (role == "backbone") return "--backbone " + name;
  if (role == "objective") return "--objective " + name + " --backbone resnet10";
  return "--backbone resnet10 --set 'view=[{count = 2, ops = [{use = \"" + name + "\"}]}]'";
}

struct Next {
  Strings commands;
  std::string note;
};

/// What to paste, one line after another.
Next next_commands(const fs::path& folder, const std::string& role, const std::string& name) {
  const auto build = folder / "build";
  const auto prefix = program_prefix();
  const bool installed = fs::exists(prefix / "lib/cmake/tandem/tandem-config.cmake");
  const std::string program = word(prefix / "bin/tandem");
  const std::string plugin = word(build / (name + ".so"));
  return {{"cmake -S " + word(folder) + " -B " + word(build) +
               " -DCMAKE_PREFIX_PATH=" + (installed ? word(prefix) : "PREFIX") +
               " && cmake --build " + word(build) + " --parallel",
           program + " plugins check " + plugin,
           program + " train --plugin " + plugin + " " + use(role, name) +
               " --set 'data={source = \"synthetic\", synthetic_count = 128}'"
               " --set 'train={batch_size = 16, max_steps = 10}'"},
          installed
              ? ""
              : "PREFIX is a folder that cmake --install filled: this program is not installed.\n"};
}

}  // namespace

void add_new_options(Arguments& arguments) {
  arguments.add_text("into", "DIR", "where `new` makes the project's folder; default: here");
}

void new_plugin(const std::string& role, const std::string& name, const plugin::Catalog& catalog,
                const Arguments& arguments) {
  constexpr std::array roles = {Role::objective, Role::backbone, Role::augmentation};
  const auto* found =
      std::find_if(roles.begin(), roles.end(), [&](Role r) { return role_name(r) == role; });
  if (found == roles.end())
    refuse("'" + role + "' is nothing that a plugin provides: objective, backbone or augmentation");
  check_name(name);
  check_free(*found, name, catalog);
  const auto from = program_prefix() / "share/tandem/templates" / role;
  if (!fs::is_directory(from))
    throw Error(ErrorKind::resource, "the templates are missing: no folder " + from.string());
  const auto folder = fs::path(arguments.text("into")) / name;
  write_project(from, folder, {role, name});
  const auto [commands, note] = next_commands(folder, role, name);
  if (arguments.json()) {
    std::cout << formats::json_text({{"folder", folder.string()}, {"next", commands}});
    return;
  }
  std::cout << "wrote " << folder.string() << "; next:\n\n";
  for (const auto& command : commands) std::cout << "  " << command << '\n';
  if (!note.empty()) std::cout << '\n' << note;
}

}  // namespace tandem::cli
