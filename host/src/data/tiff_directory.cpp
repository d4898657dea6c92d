#include "data/tiff_directory.hpp"

#include <algorithm>

namespace tandem::data {
namespace {

/// What no libtiff reads more of: it counts them in 16 bits.
constexpr std::uint64_t most_entries = 65535;

/// Bytes of one value of a type of whole numbers; 0 for others.
std::size_t size_of_type(std::uint64_t type) {
  switch (type) {
    case 1:
      return 1;  // BYTE
    case 3:
      return 2;  // SHORT
    case 4:
      return 4;  // LONG
    case 16:
      return 8;  // LONG8
    default:
      return 0;
  }
}

}  // namespace

TiffDirectory::TiffDirectory(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
  if (bytes.size() < 8 || bytes[0] != bytes[1] || (bytes[0] != 'I' && bytes[0] != 'M')) return;
  little_ = bytes[0] == 'I';
  const auto magic = at(2, 2);
  big_tiff_ = magic == 43;
  if (!big_tiff_ && magic != 42) return;
  const auto offset = big_tiff_ ? at(8, 8) : at(4, 4);
  const std::size_t count_size = big_tiff_ ? 8 : 2;
  const auto count = offset ? at(*offset, count_size) : std::nullopt;
  if (!count) return;
  first_ = *offset + count_size;
  entries_ = std::min(*count, most_entries);
}

std::optional<std::int64_t> TiffDirectory::number(std::uint16_t tag) const {
  const auto entry = entry_of(tag);
  return entry ? value(*entry) : std::nullopt;
}

bool TiffDirectory::has(std::uint16_t tag) const {
  return entry_of(tag).has_value();
}

/// Where the first entry of a tag begins.
std::optional<std::uint64_t> TiffDirectory::entry_of(std::uint16_t tag) const {
  const std::uint64_t step = big_tiff_ ? 20 : 12;
  for (std::uint64_t i = 0; i < entries_; ++i) {
    const auto found = at(first_ + i * step, 2);
    if (!found) return std::nullopt;
    if (*found == tag) return first_ + i * step;
  }
  return std::nullopt;
}

/// A value stands in its entry where all values of the tag fit there, else where the entry points.
std::optional<std::int64_t> TiffDirectory::value(std::uint64_t entry) const {
  const std::size_t room = big_tiff_ ? 8 : 4;
  const auto type = at(entry + 2, 2), count = at(entry + 4, room);
  const std::size_t size = type ? size_of_type(*type) : 0;
  if (size == 0 || !count || *count == 0) return std::nullopt;
  std::optional<std::uint64_t> place = entry + 4 + room;
  if (*count > room / size) place = at(*place, room);
  const auto found = place ? at(*place, size) : std::nullopt;
  if (!found || *found > std::uint64_t{1} << 62) return std::nullopt;
  return static_cast<std::int64_t>(*found);
}

std::optional<std::uint64_t> TiffDirectory::at(std::uint64_t place, std::size_t count) const {
  if (place > bytes_.size() || count > bytes_.size() - place) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = value << 8 | bytes_[place + (little_ ? count - 1 - i : i)];
  }
  return value;
}

}  // namespace tandem::data
