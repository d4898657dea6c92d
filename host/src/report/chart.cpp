#include "report/chart.hpp"

#include "report/html.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::report {
namespace {

constexpr double width = 460, height = 250;
constexpr double left = 56, right = 448, top = 12, bottom = 216;

/// The round number, 1, 2 or 5 times a power of ten, that is next above.
double round_step(double step) {
  const double power = std::pow(10, std::floor(std::log10(step)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= step * 0.999) return factor * power;
  return 10 * power;
}

void add_decades(Axis& axis) {
  const int first = static_cast<int>(std::ceil(std::log10(axis.low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(axis.high) + 1e-9));
  const int step = std::max(1, (last - first + 4) / 5);
  for (int power = first; power <= last; power += step) axis.ticks.push_back(std::pow(10, power));
}

void add_round_ticks(Axis& axis) {
  const double step = round_step((axis.high - axis.low) / 5);
  const double first = std::ceil(axis.low / step - 1e-9);
  const int count = 1 + static_cast<int>(std::floor(axis.high / step + 1e-9) - first);
  for (int i = 0; i < count; ++i) {
    const double n = first + i;
    axis.ticks.push_back(n == 0 ? 0 : n * step);
  }
}

double share(const Axis& axis, double value) {
  if (axis.logarithmic) return std::log(value / axis.low) / std::log(axis.high / axis.low);
  return (value - axis.low) / (axis.high - axis.low);
}

/// Both axes of a chart and where a value lies between them.
struct Frame {
  Axis x, y;
  double across(double value) const { return left + share(x, value) * (right - left); }
  double up(double value) const { return bottom - share(y, value) * (bottom - top); }
};

Frame frame_of(const Chart& chart) {
  std::vector<double> x, y;
  for (const Series& series : chart.series) {
    for (const Point& point : series.points) {
      x.push_back(point.x);
      y.push_back(point.y);
    }
  }
  if (chart.reference) y.push_back(*chart.reference);
  x.push_back(0);
  Frame frame{make_axis(x, false), make_axis(y)};
  frame.x.low = 0;  // no margin: training begins there
  return frame;
}

std::string at(double value) {
  std::string text = fixed(value, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string line(const char* kind, double x1, double y1, double x2, double y2) {
  return "<line class=\"" + std::string(kind) + "\" x1=\"" + at(x1) + "\" y1=\"" + at(y1) +
         "\" x2=\"" + at(x2) + "\" y2=\"" + at(y2) + "\"/>";
}

std::string label(const char* kind, double x, double y, const std::string& text) {
  return "<text class=\"" + std::string(kind) + "\" x=\"" + at(x) + "\" y=\"" + at(y) + "\">" +
         escaped(text) + "</text>";
}

std::string axes(const Frame& frame) {
  std::string text;
  for (const double tick : frame.y.ticks) {
    text += line("grid", left, frame.up(tick), right, frame.up(tick));
    text += label("ty", left - 7, frame.up(tick) + 4, short_number(tick));
  }
  for (const double tick : frame.x.ticks)
    text += label("tx", frame.across(tick), bottom + 17, short_number(tick));
  text += line("axis", left, bottom, right, bottom);
  return text + label("tx", (left + right) / 2, height - 2,
                      frame.y.logarithmic ? "epoch (vertical: log scale)" : "epoch");
}

std::string path(const Series& series, const Frame& frame, const RunStyle& style) {
  const std::string kind = "c" + std::to_string(style.color) + " d" + std::to_string(style.dash);
  const std::string run = "data-run=\"" + std::to_string(series.run) + "\"";
  std::string steps;
  for (const Point& point : series.points) {
    steps += (steps.empty() ? "M" : "L") + at(frame.across(point.x)) + " " + at(frame.up(point.y));
  }
  std::string text = "<path class=\"curve " + kind + "\" " + run + " d=\"" + steps + "\"/>";
  // Few values are worth a mark each; one alone would not be seen otherwise.
  if (series.points.size() > 20) return text;
  const std::string mark = "<circle class=\"mark " + kind + "\" " + run + " r=\"2.6\" cx=\"";
  for (const Point& point : series.points) {
    text.append(mark)
        .append(at(frame.across(point.x)))
        .append("\" cy=\"")
        .append(at(frame.up(point.y)))
        .append("\"/>");
  }
  return text;
}

/// What the chart shows, for those who do not see it.
std::string description(const Chart& chart, const std::vector<RunStyle>& runs) {
  std::string text = chart.title + " over epochs.";
  for (const Series& series : chart.series) {
    const Point &first = series.points.front(), &last = series.points.back();
    text += " " + runs[series.run].name + ": " + short_number(first.y) + " at epoch " +
            short_number(first.x) + ", " + short_number(last.y) + " at epoch " +
            short_number(last.x) + ".";
  }
  return text;
}

std::string number_list(const Points& points, double Point::*member) {
  std::string text;
  for (const Point& point : points)
    text += (text.empty() ? "" : ",") + short_number(point.*member, 5);
  return text;
}

}  // namespace

Axis make_axis(const std::vector<double>& values, bool may_be_logarithmic) {
  Axis axis;
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  axis.low = *least;
  axis.high = *greatest;
  axis.logarithmic =
      may_be_logarithmic && axis.low > 0 && axis.high / axis.low > 100 && axis.high < 1e300;
  if (axis.logarithmic) {
    axis.low /= 1.2;
    axis.high *= 1.2;
    add_decades(axis);
    return axis;
  }
  const double scale = std::max(std::abs(axis.low), std::abs(axis.high));
  const double range = axis.high - axis.low;
  if (range <= 1e-9 * scale || range == 0) {  // a level line in the middle
    const double margin = scale > 0 ? scale / 10 : 1;
    axis.low -= margin;
    axis.high += margin;
  } else if (may_be_logarithmic) {
    axis.low -= axis.low == 0 ? 0 : range / 20;
    axis.high += range / 20;
  }
  add_round_ticks(axis);
  return axis;
}

std::string chart_figure(const Chart& chart, const std::vector<RunStyle>& runs) {
  const Frame frame = frame_of(chart);
  std::string drawing = axes(frame);
  if (chart.reference) {
    const double y = frame.up(*chart.reference);
    drawing +=
        line("reference", left, y, right, y) + label("tr", right, y - 5, chart.reference_name);
  }
  for (const Series& series : chart.series) drawing += path(series, frame, runs[series.run]);
  const std::string attributes = "viewBox=\"0 0 " + at(width) + " " + at(height) +
                                 "\" role=\"img\" tabindex=\"0\" data-chart=\"" +
                                 escaped(chart.id) + "\" aria-label=\"" +
                                 escaped(description(chart, runs)) + "\"";
  return element("figure", "class=\"chart\"",
                 caption(chart.title, chart.about) + element("svg", attributes, drawing));
}

formats::Json chart_json(const Chart& chart) {
  const Frame frame = frame_of(chart);
  formats::Json series = formats::Json::array();
  for (const Series& item : chart.series) {
    // As texts, which are half as long as the shortest form of a double.
    series.push_back({{"run", item.run},
                      {"x", number_list(item.points, &Point::x)},
                      {"y", number_list(item.points, &Point::y)}});
  }
  return {{"id", chart.id},
          {"plot", {left, top, right, bottom}},
          {"x", {frame.x.low, frame.x.high}},
          {"y", {frame.y.low, frame.y.high}},
          {"log", frame.y.logarithmic},
          {"series", series}};
}

}  // namespace tandem::report
