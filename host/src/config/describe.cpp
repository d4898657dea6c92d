#include "config/describe.hpp"

#include "config/characters.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace tandem::config {
namespace {

constexpr std::size_t columns = 5;
using Row = std::array<std::string, columns>;

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (char32_t c : characters_of(text)) width += static_cast<std::size_t>(display_width(c));
  return width;
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, width_of(text)), ' ');
}

/// A bound without a needless ".0".
std::string bound(double x) {
  std::string text = to_toml(ParamValue(x));
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

/// A limit that is the C++ type's own says nothing to the reader.
bool is_bounded(const Param& param, double limit) {
  constexpr double widest = std::numeric_limits<std::int32_t>::max();
  if (param.type == ParamType::integer) return std::abs(limit) < widest;
  return std::abs(limit) < Param::infinity;
}

std::string range(const Param& param) {
  const bool low = is_bounded(param, param.low);
  const bool high = is_bounded(param, param.high);
  const std::string from = (param.low_open ? "> " : "≥ ") + bound(param.low);
  const std::string to = (param.high_open ? "< " : "≤ ") + bound(param.high);
  if (low && high && !param.low_open && !param.high_open)
    return bound(param.low) + " … " + bound(param.high);
  if (low && high) return from + ", " + to;
  return low ? from : high ? to : "";
}

std::string count(const Param& param) {
  const bool capped = param.max_count != std::numeric_limits<std::size_t>::max();
  const std::string low = std::to_string(param.min_count);
  const std::string high = std::to_string(param.max_count);
  if (capped && param.min_count == param.max_count) return low + " of them";
  if (capped) return low + " to " + high + " of them";
  return param.min_count > 0 ? "at least " + low + " of them" : "";
}

std::string joined(const Strings& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts)
    if (!part.empty()) text += (text.empty() ? "" : std::string(separator)) + part;
  return text;
}

Row row_of(const Param& param) {
  const std::string type(type_name(param.type));
  const std::string unit = param.unit.empty() ? "" : ", " + param.unit;
  return {param.name, type + unit, to_toml(param, param.fallback), accepted(param), param.doc};
}

std::string print(const Row& row, const std::array<std::size_t, columns>& widths) {
  std::string line;
  for (std::size_t i = 0; i + 1 < columns; ++i) line += padded(row[i], widths[i]) + "  ";
  return line + row.back() + "\n";
}

}  // namespace

std::string accepted(const Param& param) {
  Strings ways = {joined({range(param), count(param)}, ", ")};
  for (const auto& [word, value] : param.words) ways.push_back(word);
  ways.insert(ways.end(), param.choices.begin(), param.choices.end());
  return joined(ways, " | ");
}

std::string describe(const Schema& schema) {
  std::vector<Row> rows = {{"name", "type", "default", "accepts", "meaning"}};
  for (const Param& param : schema.params) rows.push_back(row_of(param));
  std::array<std::size_t, columns> widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  std::string text;
  for (const Row& row : rows) text += print(row, widths);
  return schema.params.empty() ? "no parameters\n" : text;
}

std::string example_toml(const std::string& header, const Schema& schema) {
  std::size_t width = 0;
  Strings lines;
  for (const Param& param : schema.params) {
    lines.push_back(param.name + " = " + to_toml(param, param.fallback));
    width = std::max(width, width_of(lines.back()));
  }
  std::string text = header.empty() ? "" : header + "\n";
  for (std::size_t i = 0; i < lines.size(); ++i)
    text += padded(lines[i], width) + "  # " + schema.params[i].doc + "\n";
  return text;
}

}  // namespace tandem::config
