#include "embed/plugins.hpp"

#include "plugin/search_path.hpp"
#include "tandem/base/error.hpp"

#include <dlfcn.h>

namespace tandem::host {
namespace {

/// tandem/plugins in the folder of the library that holds this function.
std::filesystem::path own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0) return {};
  std::error_code error;
  const auto library = std::filesystem::canonical(info.dli_fname, error);
  return error ? std::filesystem::path() : library.parent_path() / "tandem" / "plugins";
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

void add(plugin::Catalog& catalog, const std::filesystem::path& path) {
  if (is_folder(path))
    catalog.add_folder(path);
  else
    catalog.add_file(path);
}

}  // namespace

plugin::Catalog search_plugins(const Paths& first, Log& log) {
  plugin::Catalog catalog(log);
  for (const auto& path : first) add(catalog, path);
  plugin::add_search_path(catalog, "name it in LearnerOptions::plugins");
  const auto own = own_folder();
  if (is_folder(own)) catalog.add_folder(own);
  if (catalog.files().empty()) {
    throw Error(ErrorKind::plugin,
                Log::join("no plugin was found: ", own.string(),
                          " holds none; name files or folders in LearnerOptions::plugins or in "
                          "the environment's TANDEM_PLUGIN_PATH"));
  }
  return catalog;
}

std::unique_lock<std::recursive_mutex> lock_plugins() {
  static std::recursive_mutex mutex;
  return std::unique_lock(mutex);
}

}  // namespace tandem::host
