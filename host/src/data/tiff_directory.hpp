#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace tandem::data {

/// The first directory of a block that is laid out as TIFF: of a TIFF file, or of what EXIF holds.
/// Both byte orders, and BigTIFF. Reads nothing outside `bytes`, whatever they hold; lends them.
class TiffDirectory {
 public:
  /// Of a block that is none, every tag is missing.
  explicit TiffDirectory(std::span<const std::uint8_t> bytes);

  /// The first value of a tag that holds unsigned whole numbers; none where it is missing, is of
  /// another type, lies outside, or is above 2^62.
  std::optional<std::int64_t> number(std::uint16_t tag) const;
  /// Whether the tag is there, readable by `number` or not.
  bool has(std::uint16_t tag) const;

 private:
  std::optional<std::uint64_t> at(std::uint64_t place, std::size_t count) const;
  std::optional<std::uint64_t> entry_of(std::uint16_t tag) const;
  std::optional<std::int64_t> value(std::uint64_t entry) const;

  std::span<const std::uint8_t> bytes_;
  bool little_ = false, big_tiff_ = false;
  std::uint64_t first_ = 0, entries_ = 0;
};

}  // namespace tandem::data
