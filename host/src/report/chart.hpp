#pragma once

#include "formats/json_lines.hpp"
#include "report/curve.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tandem::report {

/// One run's line in a chart.
struct Series {
  std::size_t run = 0;
  Points points;  ///< thinned already
};

/// Curves of one quantity over epochs.
struct Chart {
  std::string id;  ///< unique on the page
  std::string title;
  std::string about;  ///< what the numbers are: unit, protocol; may be empty
  std::vector<Series> series;
  std::optional<double> reference;  ///< a level to compare with
  std::string reference_name;
};

/// How a run is drawn and called, everywhere on a page.
struct RunStyle {
  std::string name;
  std::size_t color = 0;  ///< place in the palette: of its configuration
  std::size_t dash = 0;   ///< kind of line: of its place in the configuration
};

/// Values of an axis, least to greatest.
struct Axis {
  double low = 0, high = 1;
  bool logarithmic = false;
  std::vector<double> ticks;
};
/// An axis that holds all values, with a few round ticks; logarithmic where all are positive and
/// span more than a hundredfold.
Axis make_axis(const std::vector<double>& values, bool may_be_logarithmic = true);

/// The chart as <figure> with an <svg>; needs the page's style sheet.
std::string chart_figure(const Chart& chart, const std::vector<RunStyle>& runs);
/// What the page's script needs to tell the values under the pointer.
formats::Json chart_json(const Chart& chart);

}  // namespace tandem::report
