#pragma once

#include "tandem/base/params.hpp"

#include <filesystem>

namespace tandem::conformance {

/// The names of the strong symbols that a shared library exports, sorted, without the linker's own
/// marks; read from its dynamic symbol table. Throws Error(plugin) where it cannot be read.
Strings strong_exports(const std::filesystem::path& library);

}  // namespace tandem::conformance
