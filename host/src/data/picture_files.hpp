#pragma once

#include "data/path_table.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace tandem::data {

/// What a scan of a folder found.
struct PictureFiles {
  PathTable paths;          ///< below the folder, with '/', sorted byte by byte
  std::int64_t others = 0;  ///< files with another extension
};

/// All files below `folder` with an extension of a picture, in any case: .jpg .jpeg .png .bmp .webp
/// .ppm .pgm .tif .tiff. Follows links, but not round in circles; leaves out what starts with a
/// dot. Throws Error(data) for a folder that cannot be read.
PictureFiles find_pictures(const std::filesystem::path& folder);

/// Whether a file's name ends as a picture's does.
bool is_picture_name(std::string_view name);

/// The extensions in one text, for messages.
std::string picture_extensions();

}  // namespace tandem::data
