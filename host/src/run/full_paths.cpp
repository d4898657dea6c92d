#include "run/full_paths.hpp"

#include <filesystem>
#include <system_error>

namespace tandem::run {

std::string in_full(const std::string& path) {
  std::filesystem::path full;
  for (const auto& part : std::filesystem::absolute(path)) {
    if (part == ".") continue;
    if (part != "..") {
      full /= part;
      continue;
    }
    // Above a link is what lies above the folder that it points to.
    std::error_code error;
    if (std::filesystem::is_symlink(full, error)) {
      const auto folder = std::filesystem::canonical(full, error);
      if (!error) full = folder;
    }
    full = full.parent_path();
  }
  return full.string();
}

void complete_paths(config::Component& component) {
  for (std::size_t i = 0; i < component.values.size(); ++i) {
    if (component.schema->params[i].unit != "path") continue;
    auto* path = std::get_if<std::string>(&component.values[i]);
    if (path != nullptr && !path->empty()) *path = in_full(*path);
  }
}

void complete_paths(config::Config& config) {
  for (auto* path : {&config.data.path, &config.eval.path}) {
    if (!path->empty()) *path = in_full(*path);
  }
  for (auto* part : {&config.backbone, &config.objective}) complete_paths(*part);
}

}  // namespace tandem::run
