#pragma once

#include "data/file_bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace tandem::data {

/// A file from its beginning to its end, unpacked where it is gzipped. [one thread]
class GzReader {
 public:
  /// Throws Error(data), naming the file, where it cannot be read, and in a lean build where it is
  /// gzipped.
  explicit GzReader(const std::filesystem::path& path);
  ~GzReader();

  /// Reads up to `count` bytes; fewer only at the end, or where the file is cut off. Throws
  /// Error(data) where it is damaged.
  std::size_t read(std::uint8_t* to, std::size_t count);
  /// Whether the file is as it is read.
  bool plain();
  /// Of the file as it is, in bytes.
  std::int64_t size() const { return file_.size(); }

 private:
  struct State;
  RandomFile file_;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::data
