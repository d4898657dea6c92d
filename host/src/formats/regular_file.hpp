#pragma once

#include "tandem/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

/// Reading of files that may come from anywhere, as those of a run's folder do: regular ones alone,
/// since a pipe would be waited for, and never more at a time than is said, since one of 10 GiB may
/// be made of holes and come in a small archive.
namespace tandem::formats {

/// A regular file, read from begin to end. Every failure is an Error of the kind that was given,
/// and names the file. [one thread]
class RegularFile {
 public:
  RegularFile(std::filesystem::path path, ErrorKind kind);
  ~RegularFile();
  RegularFile(const RegularFile&) = delete;
  RegularFile& operator=(const RegularFile&) = delete;

  /// In bytes, when it was opened.
  std::uint64_t size() const { return size_; }
  /// Reads up to `count` bytes; fewer where it likes, none at the end.
  std::size_t read(char* to, std::size_t count);
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  std::filesystem::path path_;
  ErrorKind kind_;
  int descriptor_;
  std::uint64_t size_ = 0;
};

/// A whole file. One of more than `most_bytes` is an Error that names that limit, before anything
/// is read.
std::string read_small_file(const std::filesystem::path& path, std::uint64_t most_bytes,
                            ErrorKind kind);

/// A text file, line by line.
class FileLines {
 public:
  enum class Found {
    line,        ///< with its line end, which is left out
    unfinished,  ///< the last one, without
    too_long,    ///< passed over, and never held in memory
    end,
  };
  static constexpr std::size_t longest = std::size_t{1} << 20;

  /// Errors are of kind `data`.
  explicit FileLines(const std::filesystem::path& path) : file_(path, ErrorKind::data) {}
  Found next(std::string& line);

 private:
  bool refill();
  RegularFile file_;
  std::string part_;    ///< as it was read
  std::size_t at_ = 0;  ///< where the next line begins in it
};

}  // namespace tandem::formats
