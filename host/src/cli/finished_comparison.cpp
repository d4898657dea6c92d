#include "cli/finished_comparison.hpp"

#include "formats/atomic_file.hpp"
#include "report/page.hpp"
#include "run/configuration.hpp"
#include "tandem/base/error.hpp"

#include <iostream>

namespace tandem::cli {
namespace {

/// A run's configuration names every key, so that its pictures, which may be gone, are not needed.
config::Config config_of(const report::RunRecord& run, plugin::Catalog& catalog) {
  return run::prepare_for({run.folder / "config.toml", {}}, catalog, {32, 32, 3});
}

std::vector<report::GroupDifferences> differences(const report::Page& page,
                                                  plugin::Catalog& catalog, Log& log) {
  std::vector<report::GroupDifferences> list;
  const auto& groups = page.comparison.groups;
  const auto config = [&](std::size_t group) {
    return config_of(page.runs[groups[group].runs.front()], catalog);
  };
  try {
    for (std::size_t i = 1; i < groups.size(); ++i)
      list.push_back({i, config::differences(config(0), config(i))});
  } catch (const Error& error) {
    log.warn("the page does not show what differs between the configurations: ", error.what());
    list.clear();
  }
  return list;
}

}  // namespace

void finish_comparison(const Arguments& arguments, plugin::Catalog& catalog, Log& log,
                       ComparedRuns compared, const std::filesystem::path& path) {
  report::Page page;
  page.runs = std::move(compared.runs);
  page.comparison = report::compare_runs(page.runs, std::move(compared.groups));
  auto& cautions = page.comparison.cautions;
  cautions.insert(cautions.end(), compared.cautions.begin(), compared.cautions.end());
  page.differences = differences(page, catalog, log);
  for (const auto& group : page.comparison.groups)
    page.title += (page.title.empty() ? "" : " · ") + group.label;
  formats::write_file(path, report::to_html(page));
  if (arguments.json()) {
    auto result = report::to_json(page.comparison, page.runs);
    result["page"] = path.string();
    std::cout << formats::json_text(result);
  } else {
    std::cout << report::to_text(page.comparison) << "page: " << path.string() << '\n';
  }
}

}  // namespace tandem::cli
