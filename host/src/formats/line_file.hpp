#pragma once

#include "tandem/base/log.hpp"

#include <filesystem>
#include <string_view>

namespace tandem::formats {

/// A log file of lines, one write(2) each, so that a killed process leaves whole lines. A line that
/// cannot be written is dropped whole; the first is reported to `log`, none ever throws, and later
/// lines are tried again. [one thread at a time]
class LineFile {
 public:
  /// Opens `path` for appending; made where it does not exist. Throws Error(resource) where it
  /// cannot be opened. `log` must outlive this.
  LineFile(std::filesystem::path path, Log& log);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// `line` without its line end.
  void write(std::string_view line);

 private:
  int append(std::string_view bytes);
  std::filesystem::path path_;
  Log* log_;
  int descriptor_;
  bool reported_ = false;
};

}  // namespace tandem::formats
