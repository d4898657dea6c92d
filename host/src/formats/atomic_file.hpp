#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tandem::formats {

/// What was written: enough to tell later whether a file still holds it.
struct FileSum {
  std::uint64_t bytes = 0;
  std::uint32_t crc32c = 0;
};

/// A file that appears whole or not at all: bytes go to a temporary file in the same folder,
/// `commit` makes them durable (fsync of file and folder) and renames it over `path`. Until then,
/// and after any failure, whatever stood at `path` is untouched and the temporary file is gone with
/// the object.
///
/// Every failure is an Error of kind `resource`; where the disk, a quota or a file-size limit is
/// full it names `expected_bytes` (0: unknown) and what is free. [one thread at a time]
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path, std::uint64_t expected_bytes = 0);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Once, at the end.
  FileSum commit();

 private:
  [[noreturn]] void fail(int error) const;
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::uint64_t expected_;
  FileSum written_;
  int descriptor_ = -1;
};

/// Writes a text or a blob whole or not at all; see AtomicFile for errors.
FileSum write_file(const std::filesystem::path& path, std::string_view content);

/// Makes what was made, renamed or removed in a folder durable. An errno, or 0; a file system that
/// cannot counts as one that did.
int sync_folder(const std::filesystem::path& folder);

}  // namespace tandem::formats
