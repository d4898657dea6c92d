#pragma once

#include <filesystem>
#include <string>

namespace tandem::plugin {

/// Why the code of a file must not be run, one line a reason with what was found, what is expected
/// and the remedy; empty where it may. Neither the file nor its folder may be writable by everyone,
/// behind all symbolic links and as named; a folder whose sticky bit keeps others from replacing
/// the file (/tmp) is fine. Whoever owns them, and their group, are trusted: naming a file trusts
/// them.
std::string unsafe_file(const std::filesystem::path& file);

/// The same of a folder in which plugins are looked for: where everyone may add files, the sticky
/// bit is no help.
std::string unsafe_folder(const std::filesystem::path& folder);

}  // namespace tandem::plugin
