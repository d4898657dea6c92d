#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace tandem::formats {

/// Rows of floats that come over time, kept so that they outlive whatever ends the process: one
/// line that says what the rows are of, padded to a multiple of 64 bytes, then the rows as they are
/// in memory. Locked against another process for as long as the object lives. [one thread at a
/// time]
class RowFile {
 public:
  /// Opens or makes `path`. Of rows that are there, whole groups of `group` rows are kept, and what
  /// is behind them cut off. `identity` is one line of text. Throws Error(usage) where the file is
  /// of another identity, or in use; Error(resource) where it cannot be written.
  RowFile(std::filesystem::path path, const std::string& identity, std::int64_t width,
          std::int64_t group);
  ~RowFile();
  RowFile(const RowFile&) = delete;
  RowFile& operator=(const RowFile&) = delete;

  std::int64_t rows() const { return rows_; }
  /// Whole rows. Throws Error(resource) where they cannot be written.
  void append(std::span<const float> values);
  /// All rows that are there, mapped; what is written to them does not reach the file. Valid until
  /// the next call.
  std::span<float> values();
  void remove() const;

 private:
  void lock() const;
  void keep_whole_groups(std::int64_t group);
  void write(const void* data, std::size_t bytes);
  void unmap();
  [[noreturn]] void fail() const;
  std::filesystem::path path_;
  std::string header_;
  std::int64_t width_;
  std::int64_t rows_ = 0;
  int descriptor_ = -1;
  void* mapping_ = nullptr;
  std::size_t mapped_ = 0;
};

}  // namespace tandem::formats
