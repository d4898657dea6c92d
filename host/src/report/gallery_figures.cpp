#include "report/chart.hpp"
#include "report/figures.hpp"
#include "report/html.hpp"
#include "report/text.hpp"
#include "report/whole_number.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

namespace tandem::report {
namespace {

using formats::Json;

constexpr std::size_t most_classes = 10;
constexpr double width = 400, margin = 10;

/// A part of a gallery as it is drawn; empty where it is missing or not of its form.
template <class Draw>
std::string part_of(const Json& gallery, const char* part, const Draw& draw) {
  const auto found = gallery.find(part);
  if (found == gallery.end()) return {};
  try {
    return draw(*found);
  } catch (const Json::exception&) {
    return {};
  }
}

/// The most frequent classes, by number; those beyond `most_classes` are drawn alike.
std::vector<std::int64_t> shown_classes(const std::vector<std::int64_t>& labels) {
  std::map<std::int64_t, std::int64_t> counts;
  for (const auto label : labels)
    if (label >= 0) ++counts[label];
  std::vector<std::int64_t> classes;
  classes.reserve(counts.size());
  for (const auto& [label, count] : counts) classes.push_back(label);
  std::stable_sort(classes.begin(), classes.end(),
                   [&](auto a, auto b) { return counts[a] > counts[b]; });
  classes.resize(std::min(classes.size(), most_classes));
  std::sort(classes.begin(), classes.end());
  return classes;
}

struct Map {
  std::vector<double> x, y, explained;
  std::vector<std::int64_t> labels;
};

struct Drawing {
  double height = 0;
  std::vector<std::string> paths;  ///< one a class, the others last
};

/// Dots are lines of no length with round or square ends. Both directions have one scale.
Drawing dots_by_class(const Map& map, const std::vector<std::int64_t>& classes) {
  const auto [left, right] = std::minmax_element(map.x.begin(), map.x.end());
  const auto [low, high] = std::minmax_element(map.y.begin(), map.y.end());
  const double inner = width - 2 * margin;
  const double scale = inner / std::max({*right - *left, *high - *low, 1e-30});
  Drawing drawing{2 * margin + scale * (*high - *low), {}};
  drawing.paths.resize(classes.size() + 1);
  for (std::size_t i = 0; i < map.x.size(); ++i) {
    const auto found = std::find(classes.begin(), classes.end(), map.labels[i]);
    drawing.paths[static_cast<std::size_t>(found - classes.begin())] +=
        "M" + fixed(width / 2 + scale * (map.x[i] - (*left + *right) / 2), 1) + " " +
        fixed(margin + scale * (*high - map.y[i]), 1) + "h.01";
  }
  return drawing;
}

std::string class_style(std::size_t place, std::size_t classes) {
  return place == classes ? "dots other" : "dots k" + std::to_string(place);
}

std::string key_of_classes(const std::vector<std::int64_t>& classes, bool others) {
  std::string items;
  const auto add = [&](const std::string& kind, const std::string& name) {
    items += element("li", "",
                     "<svg viewBox=\"0 0 12 12\" aria-hidden=\"true\"><path class=\"" + kind +
                         "\" d=\"M6 6h.01\"/></svg>" + name);
  };
  for (std::size_t i = 0; i < classes.size(); ++i)
    add(class_style(i, classes.size()), "class " + std::to_string(classes[i]));
  if (others) add("dots other", classes.empty() ? "no label" : "others");
  return element("ul", "class=\"classes\"", items);
}

std::vector<std::int64_t> labels_of(const Json& json) {
  std::vector<std::int64_t> labels;
  for (const Json& label : json) labels.push_back(whole_number(label));
  return labels;
}

std::string draw_map(const Json& json, const std::string& who) {
  const Map map{json.at("x"), json.at("y"), json.at("explained"), labels_of(json.at("labels"))};
  if (map.x.empty() || map.y.size() != map.x.size() || map.labels.size() != map.x.size() ||
      map.explained.size() != 2)
    return {};
  const auto classes = shown_classes(map.labels);
  const auto [height, paths] = dots_by_class(map, classes);
  std::string drawing;
  for (std::size_t i = paths.size(); i-- > 0;) {
    if (!paths[i].empty())
      drawing += "<path class=\"" + class_style(i, classes.size()) + "\" d=\"" + paths[i] + "\"/>";
  }
  const std::string about = "principal components 1 (across, " + fixed(100 * map.explained[0], 1) +
                            " % of the variance) and 2 (up, " + fixed(100 * map.explained[1], 1) +
                            " %) of " + json.value("pictures", "") + "; " +
                            json.value("features", "");
  const std::string attributes = "viewBox=\"0 0 400 " + fixed(height, 1) +
                                 "\" role=\"img\" aria-label=\"" +
                                 escaped("Map of embeddings of " + who + ": " + about) + "\"";
  return element("figure", "class=\"map\"",
                 caption(who, about) + element("svg", attributes, drawing) +
                     key_of_classes(classes, !paths.back().empty()));
}

std::string class_text(std::int64_t label) {
  return label < 0 ? "no label" : "class " + std::to_string(label);
}

struct Thumbnail {
  std::string name, png;
  std::int64_t label;
  explicit Thumbnail(const Json& json)
      : name(json.at("name")),
        png(checked_png_uri(json.at("png"))),
        label(whole_number(json.at("label"))) {}

  std::string image() const {
    const std::string what = escaped(name + ", " + class_text(label));
    return "<img alt=\"" + what + "\" title=\"" + what + "\" src=\"" + png + "\">";
  }
};

std::string neighbour_cell(const Json& json, const Thumbnail& query) {
  const Thumbnail found(json);
  const bool labelled = query.label >= 0 && found.label >= 0;
  const bool same = labelled && query.label == found.label;
  const std::string mark = !labelled ? "" : same ? "✓ " : "✗ ";
  return element(
      "td",
      !labelled ? ""
      : same    ? "class=\"same\""
                : "class=\"unlike\"",
      found.image() + element("span", "", mark + fixed(json.at("similarity").get<double>(), 3)));
}

std::string draw_neighbours(const Json& json, const std::string& who) {
  std::string rows;
  for (const Json& item : json.at("queries")) {
    const Thumbnail query(item);
    std::string cells =
        element("th", "scope=\"row\"",
                query.image() + element("span", "", escaped(class_text(query.label))));
    for (const Json& neighbour : item.at("neighbours")) cells += neighbour_cell(neighbour, query);
    rows += element("tr", "", cells);
  }
  if (rows.empty()) return {};
  const std::string about = "the left picture's nearest of " + json.value("bank", "") +
                            ", with cosine similarity; " + json.value("features", "") +
                            "; ✓ same class, ✗ another";
  const std::string head =
      "<thead><tr><th scope=\"col\">picture</th><th scope=\"col\" colspan=\"6\">nearest, the most "
      "similar first</th></tr></thead>";
  return element("figure", "class=\"neighbours\"",
                 caption(who, about) + element("table", "", head + element("tbody", "", rows)));
}

}  // namespace

std::string map_figure(const Json& gallery, const std::string& who) {
  return part_of(gallery, "map", [&](const Json& part) { return draw_map(part, who); });
}

std::string neighbours_figure(const Json& gallery, const std::string& who) {
  return part_of(gallery, "neighbours",
                 [&](const Json& part) { return draw_neighbours(part, who); });
}

}  // namespace tandem::report
