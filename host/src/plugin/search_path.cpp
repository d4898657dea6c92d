#include "plugin/search_path.hpp"

#include "tandem/base/error.hpp"

#include <cstdlib>
#include <sstream>

namespace tandem::plugin {

void add_search_path(Catalog& catalog, std::string_view other_way) {
  constexpr const char* name = "TANDEM_PLUGIN_PATH";
  const char* path = std::getenv(name);
  if (path == nullptr) return;
  std::istringstream folders(path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (folder.empty()) continue;
    if (!std::filesystem::path(folder).is_absolute()) {
      throw Error(
          ErrorKind::plugin,
          Log::join(name, ": found '", folder,
                    "', expected folders that begin with /; write it in full, or ", other_way));
    }
    catalog.add_folder(folder);
  }
}

}  // namespace tandem::plugin
