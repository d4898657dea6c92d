#include "plugin/catalog.hpp"

#include "config/origin.hpp"
#include "formats/sha256.hpp"
#include "plugin/permissions.hpp"
#include "plugin/stamp.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>

namespace tandem::plugin {
namespace {

bool has(const PluginFile& file, Role role, std::string_view id) {
  const auto* end = file.stamp.items + std::min<std::size_t>(file.stamp.count, max_items);
  return std::any_of(
      static_cast<const StampItem*>(file.stamp.items), end,
      [&](const StampItem& item) { return item.role == role && text(item.id) == id; });
}

/// `unsafe` is what is wrong with the folder in which the file was looked for.
PluginFile inspect(const std::filesystem::path& path, const std::string& unsafe = {}) {
  const MappedFile bytes(path);
  PluginFile file{path, read_stamp(bytes), {}, bytes.identity(), {}};
  const auto say = [&](const std::string& what, const std::string& lines) {
    if (lines.empty()) return;
    if (!file.problem.empty()) file.problem += '\n';
    file.problem += "plugin " + path.string() + what + ":\n" + lines;
  };
  say(" does not fit this host", incompatibilities(file.stamp, host_stamp()));
  say(" could be anyone's code", unsafe.empty() ? unsafe_file(path) : unsafe);
  return file;
}

}  // namespace

void Catalog::add_file(const std::filesystem::path& path) {
  PluginFile file = inspect(path);
  if (!file.problem.empty()) throw Error(ErrorKind::plugin, file.problem);
  add(std::move(file));
}

void Catalog::add(PluginFile file) {
  if (file.problem.empty()) warn_of_shadowed(file);
  files_.push_back(std::move(file));
  opened_.emplace_back();
}

void Catalog::add_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".so") paths.push_back(entry->path());
  }
  if (error)
    throw Error(ErrorKind::plugin, "plugin folder " + folder.string() + ": " + error.message());
  std::sort(paths.begin(), paths.end());
  const auto unsafe = unsafe_folder(folder);
  for (const auto& path : paths) {
    try {
      add(inspect(path, unsafe));
    } catch (const Error& problem) {
      add({path, {}, problem.what(), {}, {}});
    }
  }
}

void Catalog::warn_of_shadowed(const PluginFile& added) const {
  for (std::size_t i = 0; i < added.stamp.count; ++i) {
    const auto& item = added.stamp.items[i];
    const auto first = locate(item.role, text(item.id));
    if (first == files_.size() || !files_[first].problem.empty()) continue;
    std::error_code error;
    if (std::filesystem::equivalent(files_[first].path, added.path, error)) continue;
    log_->warn(role_name(item.role), " '", text(item.id), "' of ", added.path.string(),
               " is not used: ", files_[first].path.string(), " comes first");
  }
}

std::vector<std::string> Catalog::ids(Role role) const {
  std::vector<std::string> names;
  for (const auto& file : files_) {
    if (!file.problem.empty()) continue;
    for (std::size_t i = 0; i < file.stamp.count; ++i) {
      if (file.stamp.items[i].role == role) names.emplace_back(text(file.stamp.items[i].id));
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::size_t Catalog::locate(Role role, std::string_view id) const {
  std::size_t unusable = files_.size();
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (!has(files_[i], role, id)) continue;
    if (files_[i].problem.empty()) return i;
    unusable = std::min(unusable, i);
  }
  return unusable;
}

Found<Factory> Catalog::find(Role role, std::string_view id) {
  const std::size_t at = locate(role, id);
  if (at == files_.size()) unknown(role, id);
  const PluginFile& file = files_[at];
  if (!file.problem.empty()) throw Error(ErrorKind::plugin, file.problem);
  if (!file.opened()) open(at);
  Origin origin{std::string(text(file.stamp.id)), std::string(text(file.stamp.version)),
                std::string(id), file.path};
  return {opened_[at].at({role, std::string(id)}), std::move(origin)};
}

void Catalog::open(std::size_t at) {
  PluginFile& file = files_[at];
  if (const auto odd = oddities(file.stamp, host_stamp()); !odd.empty())
    log_->warn("plugin ", file.path.string(), " was ", odd);
  const auto hash = sha256(file.path);  // open_library then holds the file against its identity
  opened_[at] = open_library(file.path, file.stamp, file.identity);
  file.sha256 = hash;
}

void Catalog::unknown(Role role, std::string_view id) const {
  const auto known = ids(role);
  std::string message =
      Log::join("no plugin provides the ", role_name(role), " '", config::shown(id), "'");
  const auto close = nearest(id, known);
  const auto& shown = close.empty() ? known : close;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    message += (i > 0           ? ", '"
                : close.empty() ? "; there are '"
                                : "; did you mean '") +
               shown[i] + "'";
  }
  if (!close.empty()) message += "?";
  if (known.empty())
    message +=
        "; no plugin folder with any was found: name one in TANDEM_PLUGIN_PATH, with --plugin-path "
        "or in LearnerOptions::plugins";
  for (const auto& file : files_) {
    if (!file.problem.empty() && file.stamp.count == 0)
      message += "\n  (unusable: " + file.problem + ")";
  }
  throw Error(ErrorKind::plugin, message);
}

void Catalog::wrong_type(const Origin& origin, Role role) {
  throw Error(ErrorKind::plugin,
              Log::join("plugin ", origin.file.string(), ": '", origin.id, "' is registered as ",
                        role_name(role), " but its factory makes something else"));
}

std::string sha256(const std::filesystem::path& path) {
  const MappedFile file(path);
  formats::Sha256 hash;
  hash.add(file.bytes().data(), file.bytes().size());
  return formats::hex(hash.finish());
}

}  // namespace tandem::plugin
