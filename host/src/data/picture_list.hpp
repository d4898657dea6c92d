#pragma once

#include "data/path_table.hpp"

#include <string>
#include <string_view>

namespace tandem::data {

/// What a list of files says.
struct PictureList {
  PathTable paths;  ///< in the list's order
  Classes classes;
};

/// Reads a list: a line for each picture, its path and, behind the last comma or tab, its class.
/// Classes are numbers from 0 where all are, else names, numbered in sorted order. A path with a
/// comma stands in double quotes, a quote in it is doubled. Empty lines, lines that begin with `#`
/// and a first line of column names (path, file, filename or image) are left out. Throws
/// Error(data) with `name:line` for a line without a path, a class that only some lines have, and
/// for text that is none.
PictureList read_list(std::string_view text, const std::string& name);

}  // namespace tandem::data
