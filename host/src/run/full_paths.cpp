#include "run/full_paths.hpp"

#include <filesystem>

namespace tandem::run {

std::string in_full(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
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
