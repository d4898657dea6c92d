#include "report/text_table.hpp"

#include "report/text.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <utility>

namespace tandem::report {
namespace {

using Row = std::vector<std::string>;

std::vector<std::size_t> column_widths(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], text_width(row[i]));
  return widths;
}

std::string line(const Row& row, const std::vector<std::size_t>& widths) {
  std::string text;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string space(widths[i] - text_width(row[i]), ' ');
    text += (i == 0 ? "" : "  ") + (i == 0 ? row[i] + space : space + row[i]);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + '\n';
}

}  // namespace

TextTable::TextTable(std::vector<std::string> header) {
  rows_.push_back(std::move(header));
}

void TextTable::add(std::vector<std::string> row) {
  const std::size_t columns = rows_.front().size();
  if (row.size() > columns)
    throw Error(ErrorKind::internal, "a table of " + std::to_string(columns) +
                                         " columns was given a row of " +
                                         std::to_string(row.size()));
  row.resize(columns);
  rows_.push_back(std::move(row));
}

std::string TextTable::text() const {
  const std::vector<std::size_t> widths = column_widths(rows_);
  Row rule;
  for (std::size_t width : widths) rule.emplace_back(width, '-');
  std::string text = line(rows_.front(), widths) + line(rule, widths);
  for (std::size_t i = 1; i < rows_.size(); ++i) text += line(rows_[i], widths);
  return text;
}

}  // namespace tandem::report
