#pragma once

#include "tandem/base/image.hpp"

#include <filesystem>

namespace tandem::data {

/// Writes an 8-bit image of 1, 3 (RGB) or 4 (RGBA) channels as PNG: whole, or not at all. Throws
/// Error(resource) where it cannot be written.
void write_png(const std::filesystem::path& path, const Image& image);

}  // namespace tandem::data
