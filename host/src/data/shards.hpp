#pragma once

#include <filesystem>
#include <vector>

namespace tandem::data {

/// Whether a path holds a range in braces, `name-{000..123}.tar`, and is not the name of a file.
bool is_shard_pattern(const std::filesystem::path& path);

/// The files that a path means: those of a pattern in order (numbers as wide as the first), the
/// .tar files of a folder's top, sorted, or the file itself. Throws Error(data) for a range that is
/// none or has more than a million numbers.
std::vector<std::filesystem::path> shards_of(const std::filesystem::path& path);

/// Whether a folder's top holds .tar files and neither pictures nor folders.
bool is_shard_folder(const std::filesystem::path& folder);

}  // namespace tandem::data
