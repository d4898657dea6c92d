#include "cli/grid.hpp"

#include "tandem/base/error.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace tandem::cli {
namespace {

constexpr std::size_t most_combinations = 1000, longest_label = 100;

struct GridAxis {
  std::string key;
  Strings values;
};

GridAxis axis_of(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(ErrorKind::usage, "--set " + text + " is no KEY=VALUE,VALUE…");
  GridAxis axis{text.substr(0, equals), split_values(text.substr(equals + 1))};
  for (const auto& value : axis.values) {
    if (value.find_first_not_of(" \t") == std::string::npos)
      throw Error(ErrorKind::usage, "--set " + text + " has an empty value");
  }
  return axis;
}

/// The end of a key where no other axis ends the same.
std::string short_key(const GridAxis& axis, const std::vector<GridAxis>& axes) {
  const auto end = [](const GridAxis& item) { return item.key.substr(item.key.rfind('.') + 1); };
  const auto same = std::count_if(axes.begin(), axes.end(),
                                  [&](const GridAxis& other) { return end(other) == end(axis); });
  return same > 1 ? axis.key : end(axis);
}

/// A value as a part of a folder's name: "[8, 8]" becomes "8_8".
std::string plain(const std::string& value) {
  std::string text;
  bool gap = false;
  for (const char c : value) {
    const bool fine = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                      std::string_view("._+-").find(c) != std::string_view::npos;
    if (fine && gap && !text.empty()) text += '_';
    if (fine) text += c;
    gap = !fine;
  }
  return text;
}

void tell_apart(std::vector<GridPoint>& points) {
  for (auto point = points.begin(); point != points.end(); ++point) {
    const std::string label = point->label;
    const auto taken = [&] {
      return std::any_of(points.begin(), point,
                         [&](const GridPoint& other) { return other.label == point->label; });
    };
    for (int n = 2; taken(); ++n) point->label = label + "-" + std::to_string(n);
  }
}

std::vector<GridPoint> extended(const std::vector<GridPoint>& points, const GridAxis& axis,
                                const std::string& name) {
  if (points.size() * axis.values.size() > most_combinations)
    throw Error(ErrorKind::usage, "a sweep has at most " + std::to_string(most_combinations) +
                                      " combinations: this one has more");
  std::vector<GridPoint> more;
  for (const auto& point : points) {
    for (const auto& value : axis.values) {
      GridPoint next = point;
      next.assignments.push_back(axis.key + "=" + value);
      if (axis.values.size() > 1)
        next.label += (next.label.empty() ? "" : ",") + name + "=" + plain(value);
      more.push_back(std::move(next));
    }
  }
  return more;
}

}  // namespace

Strings split_values(const std::string& text) {
  Strings parts{""};
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\' && quote == '"' && i + 1 < text.size())
        parts.back() += text[i++];
      else if (c == quote)
        quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      parts.emplace_back();
      continue;
    }
    parts.back() += text[i];
  }
  return parts;
}

std::vector<GridPoint> grid(const Strings& texts) {
  std::vector<GridAxis> axes;
  for (const auto& text : texts) axes.push_back(axis_of(text));
  std::vector<GridPoint> points(1);
  for (const auto& axis : axes) points = extended(points, axis, short_key(axis, axes));
  for (auto& point : points) point.label = point.label.substr(0, longest_label);
  tell_apart(points);
  return points;
}

}  // namespace tandem::cli
