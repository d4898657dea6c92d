#pragma once

#include "formats/atomic_file.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// Folders that appear whole or not at all, and tell later whether they still hold what was
/// written: a file COMMIT, written last, names every file with its size and its CRC-32C, and ends
/// with that of itself.
namespace tandem::formats {

struct SealedFile {
  std::string name;
  FileSum sum;
};

/// The name of the file that seals a folder.
inline constexpr const char* commit_name = "COMMIT";

/// What COMMIT holds for these files. Names must be plain: no separator, no control character.
std::string commit_text(const std::vector<SealedFile>& files);
/// Reads such a text, every byte of it. Throws Error(checkpoint) for any other; `origin` names the
/// file.
std::vector<SealedFile> parse_commit(std::string_view text, const std::string& origin);

/// Writes a folder: its files go into a temporary one beside it, whose name begins with a dot and
/// ends with ".tmp", and which is gone with the object unless it was sealed. Errors are of kind
/// `resource`, and name what is needed where the disk is full. [one thread]
class SealedFolder {
 public:
  /// `path` must not exist; `expected_bytes` is for messages.
  SealedFolder(std::filesystem::path path, std::uint64_t expected_bytes);
  ~SealedFolder();
  SealedFolder(const SealedFolder&) = delete;
  SealedFolder& operator=(const SealedFolder&) = delete;

  /// Where a file of this name is to be written, durably; `add` then says what it holds.
  std::filesystem::path file(const std::string& name) const { return temporary_ / name; }
  void add(const std::string& name, const FileSum& sum) { files_.push_back({name, sum}); }
  /// Writes a small file and adds it.
  void write(const std::string& name, std::string_view content);
  /// Once, at the end: writes COMMIT, gives the folder its name and makes all that durable. Gives
  /// the bytes of all files.
  std::uint64_t seal();

 private:
  std::filesystem::path path_, temporary_;
  std::uint64_t expected_;
  std::vector<SealedFile> files_;
};

/// Reads every byte of a sealed folder. Throws Error(checkpoint) that names what is missing or
/// differs: COMMIT itself, a file, its size, its checksum; Error(resource) where a file is there
/// and cannot be opened. Files that COMMIT does not name are not looked at. Gives the files.
std::vector<SealedFile> verify_folder(const std::filesystem::path& folder);

/// Removes a folder so that none of its name is ever seen in part: it is renamed first. Follows no
/// link. Throws Error(resource).
void remove_folder(const std::filesystem::path& folder);
/// Removes what kills left of folders, files and links that were being made here, or removed:
/// ".NAME.PID-N.tmp", where `ours` says yes to NAME. Only where nobody else writes.
void remove_leftovers(const std::filesystem::path& folder,
                      const std::function<bool(const std::string& name)>& ours);

/// Makes `link` point to `target`, a name in the same folder: whoever looks sees the link before or
/// this one. A folder of that name, as a copy that followed links leaves it, is removed. Throws
/// Error(resource).
void replace_link(const std::filesystem::path& link, const std::string& target);
/// Copies a file to another name, whole and durably, in place of what stood there. Not by a second
/// name for one file, so that who writes into the copy does not write into a sealed folder. Throws
/// Error(resource).
void copy_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace tandem::formats
