#pragma once

#include "tandem/base/log.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace tandem::formats {

/// A file that records are appended to, one write(2) each, so that a killed process leaves whole
/// ones. A record that cannot be written is dropped whole; the first is reported to `log`, none
/// ever throws, and later ones are tried again. [one thread at a time]
class AppendFile {
 public:
  /// Opens `path` for appending, never through a link; made where it does not exist. Throws
  /// Error(resource) where it cannot be opened. `log` must outlive this.
  AppendFile(std::filesystem::path path, Log& log);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void write(std::string_view record);
  /// Makes what was written durable and gives the file's length; 0 where it cannot be told.
  std::uint64_t sync();

 private:
  int append(std::string_view bytes);
  std::filesystem::path path_;
  Log* log_;
  int descriptor_;
  bool reported_ = false;
};

/// Takes back what was appended to a file after it was `bytes` long. What is shorter, not there, a
/// link or no file stays as it is: false then. Throws Error(resource) where it cannot be cut.
bool cut_file(const std::filesystem::path& path, std::uint64_t bytes);

}  // namespace tandem::formats
