#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tandem::plugin {

/// The bytes of a shared library, mapped read-only for as long as the object lives.
class MappedFile {
 public:
  /// Throws Error(plugin) where the file is missing or cannot be read.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Says why the bytes are not a whole 64-bit ELF shared library, or "" where they are. The dynamic
/// loader may crash on a truncated one, so this must come before it.
std::string elf_problem(std::string_view bytes);

}  // namespace tandem::plugin
