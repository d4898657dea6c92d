#include "report/html.hpp"
#include "report/page_sections.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <map>

namespace tandem::report {
namespace {

constexpr std::size_t palette = 8, dashes = 4;  // of the style sheet

struct Known {
  const char* curve;
  const char* title;
  const char* about;
};
constexpr Known known[] = {
    {"eval knn_top1", "kNN top1 %", "at the end of epochs, by the protocol under Results"},
    {"eval online_probe_top1", "Online probe top1 %",
     "a linear classifier trained beside the network, on pictures that were not trained on"},
    {"metric online_probe_top1", "Online probe top1 %, in training",
     "on augmented pictures, each answered before it was learnt from"},
    {"loss", "Loss", "of single steps, as the objective defines it"},
    {"health spread", "Spread of embeddings",
     "standard deviation per dimension of unit vectors, as a share of an even spread's; it falls "
     "to 0 "
     "in a collapse"},
    {"health effective_rank", "Effective rank", "dimensions that the embeddings use"},
    {"health alignment", "Alignment", "distance of a picture's views; less is closer"},
    {"health uniformity", "Uniformity", "less is spread more evenly"},
    {"health gradient_norm", "Gradient norm", "over all trained parameters"},
    {"lr", "Learning rate", ""},
    {"images_per_s", "Throughput", "images a second in training steps"},
};

/// Where a curve stands on the page.
int rank(const std::string& name) {
  constexpr const char* order[] = {"eval ", "loss", "metric ", "health ", "lr", "images_per_s"};
  const auto found = std::find_if(std::begin(order), std::end(order),
                                  [&](const char* start) { return name.starts_with(start); });
  return static_cast<int>(found - std::begin(order));
}

std::vector<std::string> curve_names(const std::vector<RunRecord>& runs) {
  std::vector<std::string> names;
  for (const RunRecord& run : runs) {
    for (const Curve& curve : run.curves)
      if (std::find(names.begin(), names.end(), curve.name) == names.end())
        names.push_back(curve.name);
  }
  std::stable_sort(names.begin(), names.end(),
                   [](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return names;
}

void entitle(Chart& chart) {
  const std::string& name = chart.id;
  for (const auto& [curve, title, about] : known) {
    if (name != curve) continue;
    chart.title = title;
    chart.about = about;
  }
  if (chart.title.empty()) {
    chart.title = name.substr(name.find(' ') + 1);
    std::replace(chart.title.begin(), chart.title.end(), '_', ' ');
  }
  if (name.starts_with("metric ") && chart.about.empty())
    chart.about = "of single steps, told by the objective";
}

void add_reference(Chart& chart) {
  if (chart.id != "health spread") return;
  chart.reference = 1;
  chart.reference_name = "evenly spread";
}

std::string legend_line(const RunStyle& style) {
  const std::string kind = "c" + std::to_string(style.color) + " d" + std::to_string(style.dash);
  return "<svg viewBox=\"0 0 26 8\" aria-hidden=\"true\"><path class=\"curve " + kind +
         "\" d=\"M1 4H25\"/></svg>";
}

std::string legend_button(const std::vector<std::size_t>& runs, const std::string& content) {
  std::string list;
  for (const std::size_t run : runs) list += (list.empty() ? "" : ",") + std::to_string(run);
  return element("button", "type=\"button\" aria-pressed=\"true\" data-runs=\"" + list + "\"",
                 content);
}

std::string legend(const Page& page, const std::vector<RunStyle>& styles) {
  if (page.runs.size() < 2) return {};
  std::string items;
  for (const Group& group : page.comparison.groups) {
    const RunStyle& first = styles[group.runs.front()];
    std::string buttons = legend_button(group.runs, legend_line(first) + escaped(group.label));
    for (const std::size_t run : group.runs) {
      if (group.runs.size() > 1)
        buttons += legend_button(
            {run}, legend_line(styles[run]) + "seed " + std::to_string(page.runs[run].seed));
    }
    items += element("div", "role=\"group\" aria-label=\"" + escaped(group.label) + "\"", buttons);
  }
  return element("div", "class=\"legend\" aria-label=\"Show or hide runs in all charts\"", items);
}

std::string alarms(const Page& page) {
  std::string text;
  for (const RunRecord& run : page.runs) {
    for (const Alarm& alarm : run.alarms) {
      text += element("p", "class=\"caution\"",
                      "<strong>Alarm:</strong> " + escaped(run.name) + ", step " +
                          std::to_string(alarm.step) + ": " + escaped(alarm.sign) +
                          (alarm.cause.empty() ? "" : " – " + escaped(alarm.cause)));
    }
  }
  return text;
}

Chart chart_of(const std::string& curve, const std::vector<RunRecord>& runs) {
  Chart chart;
  chart.id = curve;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    const Points& points = runs[run].points(curve);
    if (!points.empty()) chart.series.push_back({run, thinned(points)});
  }
  entitle(chart);
  add_reference(chart);
  return chart;
}

/// A single value is no curve.
bool is_curve(const Chart& chart) {
  return std::any_of(chart.series.begin(), chart.series.end(),
                     [](const Series& series) { return series.points.size() > 1; });
}

/// Losses of different objectives share no scale: a chart for each.
std::vector<Chart> by_objective(const Chart& losses, const std::vector<RunRecord>& runs) {
  std::vector<Chart> charts;
  for (const Series& series : losses.series) {
    const std::string& objective = runs[series.run].info.objective;
    const std::string id = losses.id + " " + objective;
    auto chart = std::find_if(charts.begin(), charts.end(),
                              [&](const Chart& other) { return other.id == id; });
    if (chart == charts.end()) {
      chart = charts.insert(chart, {id, "Loss of " + objective, losses.about, {}, {}, ""});
    }
    chart->series.push_back(series);
  }
  if (charts.size() == 1) charts.front().title = losses.title;
  return charts;
}

}  // namespace

std::vector<RunStyle> run_styles(const Page& page) {
  std::vector<RunStyle> styles(page.runs.size());
  const auto& groups = page.comparison.groups;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (std::size_t i = 0; i < groups[g].runs.size(); ++i) {
      const std::size_t run = groups[g].runs[i];
      styles[run] = {groups[g].label, g % palette, i % dashes};
      if (groups[g].runs.size() > 1)
        styles[run].name += ", seed " + std::to_string(page.runs[run].seed);
    }
  }
  return styles;
}

std::vector<Chart> page_charts(const Page& page) {
  std::vector<Chart> charts;
  for (const std::string& name : curve_names(page.runs)) {
    Chart chart = chart_of(name, page.runs);
    if (!is_curve(chart)) continue;
    if (name != "loss") {
      charts.push_back(std::move(chart));
      continue;
    }
    for (Chart& part : by_objective(chart, page.runs)) charts.push_back(std::move(part));
  }
  return charts;
}

std::string curves_section(const Page& page, const std::vector<Chart>& charts,
                           const std::vector<RunStyle>& styles) {
  if (charts.empty()) return {};
  std::string figures;
  for (const Chart& chart : charts) figures += chart_figure(chart, styles);
  const std::string note =
      "Point at a chart, or reach it by Tab and use the arrow keys, to read values. Curves of more "
      "than 400 values show the least and the greatest of each stretch.";
  return section("curves", "Curves",
                 element("p", "class=\"note\"", note) + alarms(page) + legend(page, styles) +
                     element("div", "class=\"charts\"", figures));
}

}  // namespace tandem::report
