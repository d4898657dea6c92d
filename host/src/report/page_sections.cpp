#include "report/page_sections.hpp"

#include "report/figures.hpp"
#include "report/html.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace tandem::report {
namespace {

constexpr double megabyte = 1e6;

std::string cells(const char* kind, const std::vector<std::string>& texts) {
  std::string row;
  for (const auto& text : texts) {
    const bool heads_row = kind[1] == 'd' && row.empty();
    row += element(heads_row ? "th" : kind,
                   heads_row        ? "scope=\"row\""
                   : kind[1] == 'h' ? "scope=\"col\""
                                    : "",
                   escaped(text));
  }
  return element("tr", "", row);
}

std::string scrolled(const std::string& kind, const std::string& head, const std::string& rows) {
  // Focusable, so that keys can scroll it.
  return element("div", "class=\"scroll\" tabindex=\"0\"",
                 element("table", kind, element("thead", "", head) + element("tbody", "", rows)));
}

std::string fact(const std::string& name, const std::string& value) {
  return element("div", "", element("dt", "", escaped(name)) + element("dd", "", escaped(value)));
}

std::string end_of(const RunRecord& run) {
  const std::string steps =
      std::to_string(run.steps) + " of " + std::to_string(run.info.total_steps) + " steps";
  return (run.end.empty() ? "not ended" : run.end) + ", " + steps;
}

std::string percent_or_dash(double value) {
  return std::isfinite(value) ? fixed(value, 2) : "-";
}

/// With a narrow space between thousands.
std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3;) text.insert(i -= 3, "\u202f");
  return text;
}

std::string facts_of(const RunRecord& run) {
  const double rate = run.images_per_second();
  std::string text = fact("kNN top1 %", percent_or_dash(run.last_value("knn_top1"))) +
                     fact("objective", run.info.objective) + fact("backbone", run.info.backbone) +
                     fact("trained parameters", grouped(run.info.parameters)) +
                     fact("end", end_of(run)) + fact("seed", std::to_string(run.seed)) +
                     fact("time (h:mm:ss)", duration(run.seconds)) +
                     fact("images/s in steps", std::isfinite(rate) ? fixed(rate, 0) : "-");
  if (run.peak_bytes > 0) text += fact("peak memory, MB", fixed(run.peak_bytes / megabyte, 0));
  return element("dl", "class=\"facts\"", text);
}

std::string results_table(const Comparison& comparison) {
  const std::string head =
      cells("th", {"configuration", "finished runs", "kNN top1 %", "difference to the first",
                   "seconds a run", "images/s in steps", "peak memory, MB"});
  std::string rows;
  for (const auto& row : comparison.rows) {
    rows += cells("td", {row.label, shown_count(row), shown(row.accuracy, 2), shown(row.to_first),
                         shown(row.seconds, 1), shown(row.images_per_second, 0),
                         shown(row.peak_bytes, 0, megabyte)});
  }
  return scrolled("", head, rows);
}

/// The values of one key, one a group.
struct Line {
  std::string section, key, doc;
  std::vector<std::string> values;
};

std::vector<Line> lines_of(const Page& page) {
  std::vector<Line> lines;
  for (const auto& [group, list] : page.differences) {
    for (const auto& item : list) {
      if (item.section == "run" && (item.key == "out" || item.key == "seed")) continue;
      auto line = std::find_if(lines.begin(), lines.end(), [&](const Line& other) {
        return other.section == item.section && other.key == item.key;
      });
      if (line == lines.end()) {
        const std::vector<std::string> same(page.comparison.groups.size(), item.left);
        line = lines.insert(line, {item.section, item.key, item.doc, same});
      }
      line->values[group] = item.right;
    }
  }
  std::map<std::string, std::size_t> order;  // sections as they first occur
  for (const Line& line : lines) order.try_emplace(line.section, order.size());
  std::stable_sort(lines.begin(), lines.end(), [&](const Line& a, const Line& b) {
    return order.at(a.section) < order.at(b.section);
  });
  return lines;
}

/// The run of a group whose pictures are shown.
const RunRecord& shown_run(const Page& page, const Group& group) {
  const auto finished = std::find_if(group.runs.begin(), group.runs.end(),
                                     [&](std::size_t run) { return page.runs[run].finished(); });
  return page.runs[finished == group.runs.end() ? group.runs.front() : *finished];
}

std::string gallery(const std::string& figures) {
  return element("div", "class=\"gallery\"", figures);
}

std::string text_at(const formats::Json& object, const char* part, const char* key) {
  const auto found = object.find(part);
  if (found == object.end() || !found->is_object()) return "-";
  const auto value = found->find(key);
  if (value == found->end()) return "-";
  return value->is_string() ? value->get<std::string>() : value->dump();
}

std::string text_at(const formats::Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "-";
}

}  // namespace

std::string section(const std::string& id, const std::string& title, const std::string& content) {
  return element("section", "id=\"" + id + "\" aria-labelledby=\"" + id + "-title\"",
                 element("h2", "id=\"" + id + "-title\"", escaped(title)) + content);
}

std::string results_section(const Page& page) {
  const bool alone = page.runs.size() == 1;
  std::string content = alone ? facts_of(page.runs.front()) : results_table(page.comparison);
  std::string below;
  if (!page.comparison.protocol.empty())
    below += element("p", "class=\"note\"", escaped(page.comparison.protocol));
  for (const auto& note : page.comparison.notes)
    below += element("p", "class=\"note\"", escaped(note));
  return section("results", alone ? "Result" : "Results", content + below);
}

std::string differences_section(const Page& page) {
  if (page.differences.empty()) return {};
  const auto lines = lines_of(page);
  if (lines.empty())
    return section("differences", "Configurations", "<p>Nothing but the seed differs.</p>");
  std::vector<std::string> names{"key"};
  for (const Group& group : page.comparison.groups) names.push_back(group.label);
  std::string rows, part;
  for (const Line& line : lines) {
    if (line.section != part) {
      rows += element(
          "tr", "class=\"part\"",
          element("th", "scope=\"rowgroup\" colspan=\"" + std::to_string(names.size()) + "\"",
                  escaped("[" + line.section + "]")));
    }
    part = line.section;
    std::vector<std::string> texts{line.key};
    for (const auto& value : line.values) texts.push_back(value.empty() ? "-" : value);
    rows += cells("td", texts);
  }
  return section("differences", "What differs between the configurations",
                 scrolled("class=\"texts\"", cells("th", names), rows));
}

std::string pictures_section(const Page& page) {
  std::string views, maps, neighbours, matrices;
  for (const Group& group : page.comparison.groups) {
    const RunRecord& run = shown_run(page, group);
    const std::string who =
        group.runs.size() > 1 ? group.label + ", seed " + std::to_string(run.seed) : group.label;
    views += views_figure(run.folder / "views.png", who);
    maps += map_figure(run.gallery, who);
    neighbours += neighbours_figure(run.gallery, who);
    for (const Matrix& matrix : run.matrices) matrices += heatmap_figure(matrix, who);
  }
  std::string text;
  const auto add = [&](const char* id, const char* title, const std::string& figures) {
    if (!figures.empty()) text += section(id, title, gallery(figures));
  };
  add("map", "Embeddings in two dimensions", maps);
  add("neighbours", "Nearest neighbours", neighbours);
  add("matrices", "Correlations", matrices);
  add("views", "Views that training saw", views);
  return text;
}

std::string runs_section(const Page& page) {
  std::string rows, configurations;
  for (const RunRecord& run : page.runs) {
    rows += cells("td", {run.name, std::to_string(run.seed), end_of(run),
                         percent_or_dash(run.last_value("knn_top1")), duration(run.seconds),
                         text_at(run.manifest, "started"), text_at(run.manifest, "tandem"),
                         text_at(run.manifest, "machine", "processor"),
                         text_at(run.manifest, "machine", "threads"),
                         text_at(run.manifest, "data", "fingerprint")});
    configurations += element("details", "",
                              element("summary", "", "config.toml of " + escaped(run.name)) +
                                  element("pre", "tabindex=\"0\"", escaped(run.config)));
  }
  const std::string head =
      cells("th", {"run", "seed", "end", "kNN top1 %", "time (h:mm:ss)", "started", "Tandem",
                   "processor", "threads", "data fingerprint"});
  return section("runs", page.runs.size() == 1 ? "The run" : "The runs",
                 scrolled("", head, rows) + configurations);
}

}  // namespace tandem::report
