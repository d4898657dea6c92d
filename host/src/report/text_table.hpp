#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::report {

/// A table of text with a rule under its header: the first column flush left, the others flush
/// right, two spaces between columns. Widths count characters, not bytes.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header);
  /// Missing cells are empty. Throws Error(internal) for more cells than the header has.
  void add(std::vector<std::string> row);
  /// Every line ends with a line end.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tandem::report
