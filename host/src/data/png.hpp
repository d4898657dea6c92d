#pragma once

#include "tandem/base/image.hpp"

#include <filesystem>
#include <string>

namespace tandem::data {

/// The bytes of a PNG file that holds an 8-bit image of 1, 3 (RGB) or 4 (RGBA) channels.
std::string encode_png(const Image& image);

/// What `encode_png` does once the channels are checked: OpenCV compresses, a lean build does not.
std::string encode_checked_png(const Image& image);

/// Writes such a file: whole, or not at all. Throws Error(resource) where it cannot be written.
void write_png(const std::filesystem::path& path, const Image& image);

}  // namespace tandem::data
