#pragma once

#include "plugin/library.hpp"
#include "tandem/base/abi.hpp"
#include "tandem/base/log.hpp"
#include "tandem/base/plugin.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::plugin {

/// A plugin's file as far as it is known without loading it.
struct PluginFile {
  std::filesystem::path path;
  Stamp stamp{};        ///< all zero where the file holds none
  std::string problem;  ///< why it cannot be loaded, in full sentences; empty where it can
  FileIdentity identity{};
  std::string sha256;  ///< of the bytes that were loaded, lower-case hex; empty until then
  bool opened() const { return !sha256.empty(); }
};

/// Where an object made by a plugin comes from; for messages and the run's manifest.
struct Origin {
  std::string plugin;  ///< the plugin's id
  std::string version;
  std::string id;  ///< what was asked for
  std::filesystem::path file;
};

/// A factory and where it comes from.
template <class F>
struct Found {
  std::shared_ptr<const F> factory;
  Origin origin;
};

/// All plugins that can be named. Reads stamps from files when they are added; opens a library when
/// something of it is asked for, and only then. Where two files provide one id, the one added first
/// is meant. [main thread]
class Catalog {
 public:
  explicit Catalog(Log& log) : log_(&log) {}

  /// Adds one file. Throws Error(plugin) where it is not a plugin, does not fit this host, or may
  /// be changed by everyone.
  void add_file(const std::filesystem::path& file);
  /// Adds every *.so of a folder, sorted by name; one that is no fitting plugin is kept with its
  /// problem. Throws Error(plugin) where the folder is missing.
  void add_folder(const std::filesystem::path& folder);

  const std::vector<PluginFile>& files() const { return files_; }
  /// Every id of a role that can be loaded, sorted.
  std::vector<std::string> ids(Role role) const;
  /// Opens the plugin that provides `id`. Throws Error(plugin): unknown id with the nearest ones,
  /// or why the plugin that has it cannot be loaded.
  Found<Factory> find(Role role, std::string_view id);

  /// `find` with the factory in its role's own type.
  template <class F>
  Found<F> find_as(Role role, std::string_view id) {
    auto found = find(role, id);
    auto typed = std::dynamic_pointer_cast<const F>(found.factory);
    if (!typed) wrong_type(found.origin, role);
    return {std::move(typed), std::move(found.origin)};
  }

 private:
  [[noreturn]] static void wrong_type(const Origin& origin, Role role);
  [[noreturn]] void unknown(Role role, std::string_view id) const;
  std::size_t locate(Role role, std::string_view id) const;
  void add(PluginFile file);
  void open(std::size_t at);
  void warn_of_shadowed(const PluginFile& added) const;

  Log* log_;
  std::vector<PluginFile> files_;
  std::vector<Factories> opened_;  // beside files_; empty until opened
};

/// SHA-256 of a file as lower-case hex. Throws Error(plugin).
std::string sha256(const std::filesystem::path& file);

}  // namespace tandem::plugin
