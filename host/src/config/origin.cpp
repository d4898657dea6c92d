#include "config/origin.hpp"

#include "config/characters.hpp"

#include <algorithm>

namespace tandem::config {
namespace {

constexpr std::size_t widest = 120;  // characters of a source line that are shown
constexpr std::size_t longest_name = 60;
constexpr std::string_view indent = "  ";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string_view line_of(std::string_view text, int line) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  for (; line > 1; --line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::string drawn(std::u32string_view characters) {
  std::string text;
  for (char32_t c : characters) text += utf8(is_control(c) && c != U'\t' ? U'\uFFFD' : c);
  return text;
}

std::string below(std::u32string_view characters) {
  std::string text;
  for (char32_t c : characters) {
    if (c == U'\t')
      text += '\t';
    else
      text.append(static_cast<std::size_t>(display_width(c)), ' ');
  }
  return text;
}

}  // namespace

std::string Origin::where() const {
  if (is_default()) return "default";
  if (line == 0 || source->assignment) return source->name;
  return source->name + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string Origin::excerpt() const {
  if (is_default() || line == 0) return "";
  const std::u32string characters = characters_of(line_of(source->text, line));
  if (characters.empty()) return "";
  const auto caret = std::min(static_cast<std::size_t>(std::max(column, 1) - 1), characters.size());
  const std::size_t start = caret < widest ? 0 : caret - widest / 2;
  const std::u32string_view part = std::u32string_view(characters).substr(start, widest);
  const std::string cut = start > 0 ? "…" : "";
  const std::string rest = start + widest < characters.size() ? "…" : "";
  const std::string gap = (start > 0 ? " " : "") + below(part.substr(0, caret - start));
  return std::string(indent) + cut + drawn(part) + rest + "\n" + std::string(indent) + gap + "^";
}

std::string complaint(const Origin& origin, std::string_view text, std::string_view hint) {
  const bool placed = !origin.is_default() && !origin.source->name.empty();
  std::string out = placed ? printable(origin.where()) + ": error: " : "error: ";
  out += text;
  if (const std::string lines = origin.excerpt(); !lines.empty()) out += "\n" + lines;
  if (!hint.empty()) out += "\n" + std::string(indent) + std::string(hint);
  return out;
}

std::string printable(std::string_view text) {
  return drawn(characters_of(text));
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
    out += printable(text.substr(0, end)) + '\n';
    text.remove_prefix(end + 1);
  }
  return out + printable(text);
}

std::string shown(std::string_view text) {
  const std::u32string characters = characters_of(text);
  if (characters.size() <= longest_name) return drawn(characters);
  return drawn(std::u32string_view(characters).substr(0, longest_name)) + "…";
}

}  // namespace tandem::config
