#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tandem::plugin {

/// What tells whether a file is still the one that was looked at.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;
  bool operator==(const FileIdentity&) const = default;
};

/// Throws Error(plugin) where the file cannot be looked at.
FileIdentity identity_of(const std::filesystem::path& path);

/// The bytes of a shared library, mapped read-only for as long as the object lives.
class MappedFile {
 public:
  /// Throws Error(plugin) where the file is missing, none, or cannot be read.
  explicit MappedFile(std::filesystem::path path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string_view bytes() const { return {data_, static_cast<std::size_t>(identity_.size)}; }
  const FileIdentity& identity() const { return identity_; }

 private:
  std::filesystem::path path_;
  FileIdentity identity_;
  const char* data_ = nullptr;
};

/// Says why the bytes are not a whole 64-bit ELF shared library, or "" where they are. The dynamic
/// loader may crash on a truncated one, so this must come before it.
std::string elf_problem(std::string_view bytes);

}  // namespace tandem::plugin
