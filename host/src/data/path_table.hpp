#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::data {

/// Many names in one block of memory: eight bytes each beside their characters, so that an index of
/// millions of files stays small.
class PathTable {
 public:
  void add(std::string_view name);
  std::size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  /// Valid until the table is changed.
  std::string_view operator[](std::size_t index) const;

  /// Byte by byte; gives back what memory it does not need.
  void sort();

 private:
  std::string text_;
  std::vector<std::uint64_t> ends_;
};

struct Classes {
  std::vector<std::int32_t> labels;  ///< of each picture; empty: there are none
  std::vector<std::string> names;    ///< of each class; empty: classes are numbers
};

/// Classes from the first folder of each name, numbered in sorted order, where every name has one
/// and there are two or more; else empty.
Classes first_folder_classes(const PathTable& names);

}  // namespace tandem::data
