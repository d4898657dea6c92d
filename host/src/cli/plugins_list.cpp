#include "cli/plugins.hpp"
#include "formats/json_lines.hpp"
#include "plugin/stamp.hpp"
#include "report/text_table.hpp"

#include <iostream>

namespace tandem::cli {
namespace {

using plugin::text;

void list_json(const plugin::Catalog& catalog) {
  auto list = formats::Json::array();
  for (const auto& file : catalog.files()) list.push_back(file_json(file));
  std::cout << formats::json_text(list);
}

void list_text(const plugin::Catalog& catalog) {
  report::TextTable table({"id", "role", "plugin", "file"});
  for (const auto& file : catalog.files()) {
    for (std::size_t i = 0; file.problem.empty() && i < file.stamp.count; ++i) {
      const auto& item = file.stamp.items[i];
      table.add({std::string(text(item.id)), std::string(role_name(item.role)),
                 Log::join(text(file.stamp.id), " ", text(file.stamp.version)),
                 file.path.string()});
    }
  }
  std::cout << table.text();
  for (const auto& file : catalog.files()) {
    if (!file.problem.empty()) std::cout << "unusable: " << file.problem << '\n';
  }
}

}  // namespace

formats::Json file_json(const plugin::PluginFile& file) {
  const auto& stamp = file.stamp;
  const bool stamped = stamp.count > 0;
  auto provides = formats::Json::array();
  for (std::size_t i = 0; i < stamp.count; ++i) {
    const auto& item = stamp.items[i];
    provides.push_back({{"role", role_name(item.role)}, {"id", text(item.id)}});
  }
  return {{"file", std::filesystem::absolute(file.path).string()},
          {"id", text(stamp.id)},
          {"version", text(stamp.version)},
          {"doc", text(stamp.doc)},
          {"author", text(stamp.author)},
          {"license", text(stamp.license)},
          {"abi", stamped ? Log::join(stamp.major, ".", stamp.minor) : ""},
          {"libtorch", text(stamp.libtorch)},
          {"compiler", text(stamp.compiler)},
          {"sha256", stamped ? plugin::sha256(file.path) : ""},
          {"provides", provides},
          {"problem", file.problem}};
}

void list_plugins(const plugin::Catalog& catalog, bool as_json) {
  if (as_json)
    list_json(catalog);
  else
    list_text(catalog);
}

}  // namespace tandem::cli
