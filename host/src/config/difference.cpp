#include "config/difference.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace tandem::config {
namespace {

/// One side's keys of a section.
struct Item {
  std::string key, value, doc;
};
using Items = std::vector<Item>;
using Differences = std::vector<Difference>;

Items section_items(const std::vector<Setting>& settings, const std::string& section) {
  Items items;
  const std::string prefix = section + ".";
  for (const Setting& setting : settings) {
    if (setting.path.starts_with(prefix))
      items.push_back({setting.path.substr(prefix.size()), setting.value, setting.doc});
  }
  return items;
}

Items items_of(const Schema& schema, const ParamValues& values) {
  Items items;
  for (std::size_t i = 0; i < schema.params.size(); ++i) {
    const Param& param = schema.params[i];
    items.push_back({param.name, tandem::to_toml(param, values[i]), param.doc});
  }
  return items;
}

const Item* find_item(const Items& items, const std::string& key) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.key == key; });
  return found == items.end() ? nullptr : &*found;
}

void compare(Differences& list, const std::string& section, const std::string& before,
             const Items& left, const Items& right) {
  for (const Item& item : left) {
    const Item* other = find_item(right, item.key);
    if (other && other->value == item.value) continue;
    list.push_back({section, before + item.key, item.value, other ? other->value : "", item.doc});
  }
  for (const Item& item : right) {
    if (!find_item(left, item.key))
      list.push_back({section, before + item.key, "", item.value, item.doc});
  }
}

std::string inline_table(const Component& op) {
  std::string text;
  for (const Item& item : items_of(*op.schema, op.values))
    text += (text.empty() ? "" : ", ") + item.key + " = " + item.value;
  return text.empty() ? "{}" : "{ " + text + " }";
}

/// How long the longest common list of operations is from each pair of places to the ends.
using Lengths = std::vector<std::vector<std::size_t>>;

Lengths common_lengths(const std::vector<Component>& left, const std::vector<Component>& right) {
  Lengths lengths(left.size() + 1, std::vector<std::size_t>(right.size() + 1));
  for (std::size_t i = left.size(); i-- > 0;) {
    for (std::size_t j = right.size(); j-- > 0;) {
      lengths[i][j] = left[i].id == right[j].id ? lengths[i + 1][j + 1] + 1
                                                : std::max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  return lengths;
}

void compare_ops(Differences& list, const std::string& section, const std::vector<Component>& left,
                 const std::vector<Component>& right) {
  const Lengths lengths = common_lengths(left, right);
  std::size_t i = 0, j = 0;
  while (i < left.size() || j < right.size()) {
    if (i < left.size() && j < right.size() && left[i].id == right[j].id) {
      compare(list, section, left[i].id + ".", items_of(*left[i].schema, left[i].values),
              items_of(*right[j].schema, right[j].values));
      ++i, ++j;
    } else if (j == right.size() || (i < left.size() && lengths[i + 1][j] >= lengths[i][j + 1])) {
      list.push_back({section, left[i].id, inline_table(left[i]), "", ""});
      ++i;
    } else {
      list.push_back({section, right[j].id, "", inline_table(right[j]), ""});
      ++j;
    }
  }
}

std::vector<View> one_by_one(const Config& config) {
  std::vector<View> views;
  for (View view : config.views) {
    const auto count = static_cast<std::size_t>(std::exchange(view.host.count, 1));
    views.insert(views.end(), count, view);
  }
  return views;
}

std::string in_short(const View& view) {
  std::string text;
  for (const Component& op : view.ops) text += (text.empty() ? "" : ", ") + op.id;
  return "[" + text + "]";
}

void compare_views(Differences& list, const Config& left, const Config& right) {
  const std::vector<View> a = one_by_one(left), b = one_by_one(right);
  const Schema& schema = find(sections(), "view")->schema;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::string section = "view " + std::to_string(i);
    if (i >= a.size() || i >= b.size()) {
      list.push_back({section, "ops", i < a.size() ? in_short(a[i]) : "",
                      i < b.size() ? in_short(b[i]) : "", ""});
      continue;
    }
    compare(list, section, "", items_of(schema, values_of(schema, a[i].host)),
            items_of(schema, values_of(schema, b[i].host)));
    compare_ops(list, section, a[i].ops, b[i].ops);
  }
}

}  // namespace

std::vector<Difference> differences(const Config& left, const Config& right) {
  const auto a = settings(left), b = settings(right);
  Differences list;
  for (const NamedSchema& section : sections()) {
    if (section.name == "view")
      compare_views(list, left, right);
    else
      compare(list, section.name, "", section_items(a, section.name),
              section_items(b, section.name));
  }
  return list;
}

}  // namespace tandem::config
