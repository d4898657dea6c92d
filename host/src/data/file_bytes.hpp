#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace tandem::data {

/// A file open for reading at any place. [const, many threads at once]
class RandomFile {
 public:
  /// Throws Error(data), naming the file, where it cannot be read or is none: a pipe is not waited
  /// for.
  explicit RandomFile(std::filesystem::path path);
  ~RandomFile();
  RandomFile(const RandomFile&) = delete;
  RandomFile& operator=(const RandomFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// In bytes, when it was opened.
  std::int64_t size() const { return size_; }
  /// Reads `count` bytes from `offset`; returns how many there were, fewer only at the file's end.
  /// Throws Error(data) where it cannot be read.
  std::size_t read(std::int64_t offset, void* to, std::size_t count) const;
  /// A descriptor of the file for a library that reads by itself; the caller closes it. Throws
  /// Error(resource).
  int duplicate() const;

 private:
  std::filesystem::path path_;
  int number_ = -1;
  std::int64_t size_ = 0;
};

/// Whether anything but a folder has this name: a file, or what `RandomFile` refuses to read.
bool is_named(const std::filesystem::path& path);

/// The size above which no picture's file is read.
inline constexpr std::int64_t largest_picture_file = std::int64_t{256} << 20;

/// Reads a whole file into `bytes`, whose memory is reused. Throws Error(data), naming the file,
/// where it cannot be read or is larger than a picture's may be.
void read_bytes(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes);

}  // namespace tandem::data
