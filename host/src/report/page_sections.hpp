#pragma once

#include "report/chart.hpp"
#include "report/page.hpp"

#include <string>
#include <vector>

namespace tandem::report {

/// The parts of a page, each a <section>, or empty where there is nothing to show.
std::string results_section(const Page& page);
std::string curves_section(const Page& page, const std::vector<Chart>& charts,
                           const std::vector<RunStyle>& styles);
std::string differences_section(const Page& page);
std::string pictures_section(const Page& page);
std::string runs_section(const Page& page);

/// How each run is drawn and called.
std::vector<RunStyle> run_styles(const Page& page);
/// Every quantity that any of the runs has, in the order of the page.
std::vector<Chart> page_charts(const Page& page);
/// <section> with a heading; `content` is HTML.
std::string section(const std::string& id, const std::string& title, const std::string& content);

}  // namespace tandem::report
