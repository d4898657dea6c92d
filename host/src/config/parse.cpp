#include "config/parse.hpp"

#include "config/characters.hpp"
#include "tandem/base/error.hpp"

#include <toml++/toml.h>
#include <algorithm>
#include <fstream>
#include <tuple>

namespace tandem::config {
namespace {

constexpr std::size_t largest_file = 1 << 20;
/// Each dot of a key is a level of nesting, and toml++ frees nested tables by recursion: more would
/// exhaust the stack.
constexpr std::ptrdiff_t most_dots = 5000;
/// Reading goes as deep as the text does.
constexpr int most_levels = 100;
/// Keys are looked up one by one.
constexpr std::size_t most_keys = 1000;

using SourcePointer = std::shared_ptr<const Source>;

[[noreturn]] void refuse(const Origin& origin, std::string_view text) {
  throw Error(ErrorKind::config, complaint(origin, text));
}

Origin origin_of(const toml::source_position& at, const SourcePointer& source) {
  return {source, static_cast<int>(at.line), static_cast<int>(at.column)};
}

Node read(const toml::node& from, const SourcePointer& source, int level);

Table read_table(const toml::table& from, const SourcePointer& source, int level) {
  if (from.size() > most_keys)
    refuse(origin_of(from.source().begin, source),
           "a table of more than 1000 keys; it cannot be a configuration");
  Table table;
  for (const auto& [key, value] : from) {
    table.entries.push_back({std::string(key.str()), origin_of(key.source().begin, source),
                             read(value, source, level + 1)});
  }
  // toml++ sorts by name.
  std::sort(table.entries.begin(), table.entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.origin.line, a.origin.column) < std::tie(b.origin.line, b.origin.column);
  });
  return table;
}

Array read_array(const toml::array& from, const SourcePointer& source, int level) {
  Array array;
  for (const toml::node& element : from) array.push_back(read(element, source, level + 1));
  return array;
}

Node read(const toml::node& from, const SourcePointer& source, int level) {
  const Origin origin = origin_of(from.source().begin, source);
  if (level > most_levels)
    refuse(origin, "nested more than 100 deep; it cannot be a configuration");
  if (const auto* x = from.as_boolean()) return {x->get(), origin};
  if (const auto* x = from.as_integer()) return {x->get(), origin};
  if (const auto* x = from.as_floating_point()) return {x->get(), origin};
  if (const auto* x = from.as_string()) return {x->get(), origin};
  if (const auto* x = from.as_array()) return {read_array(*x, source, level), origin};
  if (const auto* x = from.as_table()) return {read_table(*x, source, level), origin};
  refuse(origin, "a date or time has no use in a configuration; for text write quotes around it");
}

void check_dots(std::string_view text, const SourcePointer& source) {
  std::ptrdiff_t left = most_dots;
  const auto beyond =
      std::find_if(text.begin(), text.end(), [&left](char c) { return c == '.' && left-- == 0; });
  if (beyond == text.end()) return;
  const auto before = text.substr(0, static_cast<std::size_t>(beyond - text.begin()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto column = characters_of(before.substr(before.rfind('\n') + 1)).size() + 1;
  refuse({source, static_cast<int>(line), static_cast<int>(column)},
         "more than 5000 dots; it cannot be a configuration");
}

std::string reworded(std::string_view message) {
  constexpr std::string_view preface = "Error while parsing ";
  if (message.starts_with(preface)) message.remove_prefix(preface.size());
  std::string text = printable(message);  // it quotes what it found, line ends too
  if (message.find("could not determine value type") != std::string_view::npos)
    text += "; text needs quotes";
  return "not TOML: " + text;
}

std::string contents(const std::filesystem::path& file) {
  const std::string name = "configuration file '" + printable(file.string()) + "'";
  const auto fail = [&](std::string_view why) {
    throw Error(ErrorKind::config, name + " " + std::string(why));
  };
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) fail("does not exist");
  if (std::filesystem::is_directory(file, ignored)) fail("is a folder; name a .toml file");
  std::ifstream in(file, std::ios::binary);
  if (!in) fail("cannot be opened; check its permissions");
  std::string text(largest_file + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) fail("cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > largest_file) fail("is larger than 1 MiB; it cannot be a configuration");
  return text;
}

}  // namespace

Table parse_toml(std::string_view text, const SourcePointer& source) {
  check_dots(text, source);
  try {
    return read_table(toml::parse(text, std::string_view()), source, 0);
  } catch (const toml::parse_error& error) {
    refuse(origin_of(error.source().begin, source), reworded(error.description()));
  }
}

Document parse_text(std::string text, std::string name) {
  const auto source =
      std::make_shared<const Source>(Source{std::move(name), std::move(text), false});
  return Document(parse_toml(source->text, source), source);
}

Document parse_file(const std::filesystem::path& file) {
  return parse_text(contents(file), file.string());
}

}  // namespace tandem::config
