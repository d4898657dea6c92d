#include "cli/config_diff.hpp"

#include "cli/setup.hpp"
#include "config/difference.hpp"
#include "formats/json_lines.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>

namespace tandem::cli {
namespace {

/// A run's configuration names every key, so that its pictures, which may be gone, are not needed.
config::Config read(const Arguments& arguments, plugin::Catalog& catalog, const std::string& word) {
  const auto layers = read_layers(arguments, word);
  if (std::filesystem::is_directory(word)) return run::prepare_for(layers, catalog, {32, 32, 3});
  return run::prepare_to_show(layers, catalog).config;
}

using Row = std::array<std::string, 3>;

Row row_of(const config::Difference& difference) {
  const auto shown = [](const std::string& value) { return value.empty() ? "-" : value; };
  return {difference.key, shown(difference.left), shown(difference.right)};
}

void print(const Row& row, const std::array<std::size_t, 3>& widths, const std::string& doc) {
  std::string line = " ";
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += " " + row[i];
    const auto width = report::text_width(row[i]);
    line.append(width < widths[i] ? widths[i] - width : 0, ' ');
  }
  if (!doc.empty()) line += "  # " + doc;
  line.erase(line.find_last_not_of(' ') + 1);
  std::cout << line << '\n';
}

void print_table(const std::vector<config::Difference>& list, const Row& header) {
  constexpr std::size_t widest = 40;  // a whole operation may be longer: it makes its line longer
  std::array<std::size_t, 3> widths{};
  const auto widen = [&](const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], std::min(widest, report::text_width(row[i])));
  };
  widen(header);
  for (const auto& difference : list) widen(row_of(difference));
  print(header, widths, "");
  std::string section;
  for (const auto& difference : list) {
    if (difference.section != section) std::cout << "[" << difference.section << "]\n";
    section = difference.section;
    print(row_of(difference), widths, difference.doc);
  }
}

formats::Json to_json(const std::vector<config::Difference>& list) {
  const auto value = [](const std::string& text) {
    return text.empty() ? formats::Json() : formats::Json(text);
  };
  auto items = formats::Json::array();
  for (const auto& difference : list) {
    items.push_back({{"section", difference.section},
                     {"key", difference.key},
                     {"left", value(difference.left)},
                     {"right", value(difference.right)},
                     {"doc", difference.doc}});
  }
  return items;
}

}  // namespace

void config_diff(const Arguments& arguments, plugin::Catalog& catalog, const std::string& left,
                 const std::string& right) {
  const auto list =
      config::differences(read(arguments, catalog, left), read(arguments, catalog, right));
  if (arguments.json())
    std::cout << formats::json_text(
        {{"left", left}, {"right", right}, {"differences", to_json(list)}});
  else if (list.empty())
    std::cout << "the two configurations are the same\n";
  else
    print_table(list, {"key", left, right});
}

}  // namespace tandem::cli
