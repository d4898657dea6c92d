#include "report/page.hpp"

#include "formats/atomic_file.hpp"
#include "report/assets.hpp"
#include "report/html.hpp"
#include "report/page_sections.hpp"
#include "report/text.hpp"

namespace tandem::report {
namespace {

// Nothing may be loaded, and no form sent: whatever a run's folder holds.
constexpr const char* policy =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'";

std::string head(const Page& page) {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"" +
         std::string(policy) +
         "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"generator\" content=\"Tandem\">\n" +
         element("title", "", escaped(page.title)) + element("style", "", page_style) + "</head>\n";
}

std::string number_of_runs(const Page& page) {
  const RunInfo& info = page.runs.front().info;
  const std::string budget = counted(info.samples, "picture") + ", " +
                             counted(info.epochs, "epoch") + ", batch size " +
                             std::to_string(info.batch_size);
  if (page.runs.size() == 1) return info.objective + " on " + info.backbone + ": " + budget;
  return counted(static_cast<std::int64_t>(page.runs.size()), "run") + " of " +
         counted(static_cast<std::int64_t>(page.comparison.groups.size()), "configuration") +
         "; the first: " + budget;
}

std::string header(const Page& page) {
  std::string text = element("h1", "", escaped(page.title)) +
                     element("p", "class=\"sub\"", escaped(number_of_runs(page)));
  for (const auto& caution : page.comparison.cautions)
    text += element("p", "class=\"caution\"", "<strong>Caution:</strong> " + escaped(caution));
  return element("header", "", text);
}

std::string data_script(const std::vector<Chart>& charts, const std::vector<RunStyle>& styles) {
  formats::Json runs = formats::Json::array(), list = formats::Json::array();
  for (const RunStyle& style : styles)
    runs.push_back({{"name", style.name}, {"color", style.color}});
  for (const Chart& chart : charts) list.push_back(chart_json(chart));
  return element("script", "type=\"application/json\" id=\"data\"",
                 script_json({{"runs", runs}, {"charts", list}}));
}

}  // namespace

std::string to_html(const Page& page) {
  const auto styles = run_styles(page);
  const auto charts = page_charts(page);
  const std::string main = results_section(page) + curves_section(page, charts, styles) +
                           differences_section(page) + pictures_section(page) + runs_section(page);
  return head(page) + "<body>\n" + header(page) + element("main", "", main) +
         element("footer", "", "Made by Tandem. The page is one file and loads nothing.") +
         data_script(charts, styles) + element("script", "", page_script) + "</body>\n</html>\n";
}

void write_run_page(const std::filesystem::path& folder) {
  Page page;
  page.runs.push_back(read_run(folder));
  page.comparison = compare_runs(page.runs, group_runs(page.runs));
  page.title = page.runs.front().name;
  formats::write_file(folder / "report.html", to_html(page));
}

}  // namespace tandem::report
