#pragma once

#include "plugin/elf_file.hpp"
#include "tandem/base/plugin.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace tandem::plugin {

/// What one plugin registered.
using Factories = std::map<std::pair<Role, std::string>, std::shared_ptr<const Factory>>;

/// Opens a plugin and calls its registration. It is never unloaded: autograd nodes, deleters and
/// exceptions point into its code, so the handle lives as long as the process. Throws
/// Error(plugin), naming the file, where it is no longer the one of `identity`, the loader refuses
/// it, a symbol is missing, registration throws, or what it registers is not what its stamp says.
/// [main thread]
Factories open_library(const std::filesystem::path& file, const Stamp& stamp,
                       const FileIdentity& identity);
/// The same of the file as it is now.
Factories open_library(const std::filesystem::path& file, const Stamp& stamp);

}  // namespace tandem::plugin
