#include "conformance/values.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::conformance {
namespace {

constexpr std::int64_t small = 16;
constexpr std::size_t longest_list = 64;

bool is_list(const Param& param) {
  return param.type >= ParamType::integers;
}

bool valid(const Param& param, const ParamValue& value) {
  return tandem::check(param, value).empty();
}

constexpr double unbounded = 1e6;

std::int64_t least(const Param& param) {
  const double low = std::max(param.low, -unbounded);
  return static_cast<std::int64_t>(param.low_open ? std::floor(low) + 1 : std::ceil(low));
}

std::int64_t most(const Param& param) {
  const double high = std::min(param.high, unbounded);
  return static_cast<std::int64_t>(param.high_open ? std::ceil(high) - 1 : std::floor(high));
}

std::int64_t shrunk(const Param& param, std::int64_t value) {
  return std::max(least(param), std::min(value, small));
}

/// A list of `count` elements, each made by `element`.
template <class Make>
ParamValue list_of(const Param& param, std::size_t count, Make&& element) {
  const auto fill = [&](auto list) -> ParamValue {
    using Element = typename decltype(list)::value_type;
    for (std::size_t i = 0; i < count; ++i) list.push_back(std::get<Element>(element()));
    return list;
  };
  if (param.type == ParamType::integers) return fill(Integers{});
  if (param.type == ParamType::numbers) return fill(Numbers{});
  return fill(Strings{});
}

std::int64_t random_integer(const Param& param, std::int64_t largest, Random& random) {
  const std::int64_t span = std::min<std::int64_t>(largest, 200);
  const std::int64_t low = param.low < -unbounded ? -span : least(param);
  return random.integer(low, std::max(low, std::min(most(param), low + span)));
}

double random_number(const Param& param, Random& random) {
  constexpr double span = 10;
  if (param.low > param.high) return param.low;
  const double high = std::isinf(param.high) ? std::max(0.0, param.low) + span : param.high;
  const double low = std::isinf(param.low) ? high - 2 * span : param.low;
  const double value = random.uniform(low, high);
  return valid(param, value) ? value : (low + high) / 2;
}

std::size_t below(std::size_t count, Random& random) {
  return static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(count) - 1));
}

std::string random_string(const Param& param, Random& random) {
  if (!param.choices.empty()) return param.choices[below(param.choices.size(), random)];
  std::string text;
  const auto length = random.integer(0, 12);
  for (std::int64_t i = 0; i < length; ++i) text += static_cast<char>(random.integer(' ', '~'));
  return text;
}

ParamValue drawn(const Param& param, std::int64_t largest, Random& random) {
  if (param.type == ParamType::boolean) return random.chance(0.5);
  if (param.type == ParamType::integer) return random_integer(param, largest, random);
  if (param.type == ParamType::number) return random_number(param, random);
  if (param.type == ParamType::string) return random_string(param, random);
  const Param element = element_of(param);
  const std::size_t more = std::min(param.max_count, param.min_count + 3) - param.min_count;
  return list_of(param, param.min_count + below(more + 1, random),
                 [&] { return drawn(element, largest, random); });
}

/// The ends of a number's range, as far as it has any; open ones are approached.
std::vector<ParamValue> ends(const Param& param, std::int64_t largest) {
  std::vector<ParamValue> values;
  if (param.type == ParamType::integer) {
    for (const double bound : {param.low, param.high}) {
      if (std::abs(bound) > static_cast<double>(largest)) continue;
      values.emplace_back(bound == param.low ? least(param) : most(param));
    }
    return values;
  }
  for (const bool upper : {false, true}) {
    const double bound = upper ? param.high : param.low;
    if (!std::isfinite(bound)) continue;
    const double step = 1e-3 * std::min(1.0, param.high - param.low);
    const bool open = upper ? param.high_open : param.low_open;
    values.emplace_back(!open ? bound : upper ? bound - step : bound + step);
  }
  return values;
}

/// Just beyond the ends.
std::vector<ParamValue> beyond_ends(const Param& param) {
  constexpr double exact = 0x1p53;  // whole numbers up to here are doubles
  std::vector<ParamValue> values;
  if (param.type == ParamType::integer) {
    if (std::abs(param.low) < exact)
      values.emplace_back(static_cast<std::int64_t>(std::floor(param.low)) - 1);
    if (std::abs(param.high) < exact)
      values.emplace_back(static_cast<std::int64_t>(std::ceil(param.high)) + 1);
    return values;
  }
  const double infinity = Param::infinity;
  if (std::isfinite(param.low))
    values.emplace_back(param.low_open ? param.low : std::nextafter(param.low, -infinity));
  if (std::isfinite(param.high))
    values.emplace_back(param.high_open ? param.high : std::nextafter(param.high, infinity));
  return values;
}

/// An element as the default has them, or as the declaration allows them.
ParamValue usual_element(const Param& list) {
  const Param element = element_of(list);
  if (const auto* all = std::get_if<Integers>(&list.fallback); all != nullptr && !all->empty())
    return shrunk(element, all->front());
  if (const auto* all = std::get_if<Numbers>(&list.fallback); all != nullptr && !all->empty())
    return all->front();
  if (const auto* all = std::get_if<Strings>(&list.fallback); all != nullptr && !all->empty())
    return all->front();
  const auto edges = edge_values(element, small);
  if (!edges.empty()) return edges.front();
  Random random({});
  return drawn(element, small, random);
}

std::size_t usual_count(const Param& list) {
  return std::visit(
      [](const auto& value) -> std::size_t {
        if constexpr (requires { value.size(); }) return value.size();
        return 0;
      },
      list.fallback);
}

/// Lists of the usual length whose elements are all `element`, for each of the given ones.
std::vector<ParamValue> lists_of(const Param& list, const std::vector<ParamValue>& elements) {
  const std::size_t count = std::max({usual_count(list), list.min_count, std::size_t{1}});
  std::vector<ParamValue> values;
  if (count > list.max_count) return values;
  for (const auto& element : elements)
    values.push_back(list_of(list, count, [&] { return element; }));
  return values;
}

ParamValue list_of_length(const Param& list, std::size_t count) {
  return list_of(list, count, [&] { return usual_element(list); });
}

ParamValue random_value(const Param& param, std::int64_t largest, Random& random) {
  if (random.chance(0.2)) return param.fallback;
  const auto edges = edge_values(param, largest);
  if (!edges.empty() && random.chance(0.25)) return edges[below(edges.size(), random)];
  return drawn(param, largest, random);
}

}  // namespace

ParamValues default_values(const Subject& subject) {
  return subject.settings.over_defaults(subject.schema());
}

std::string missing_text(const Subject& subject) {
  const Schema& schema = *subject.schema().schema;
  const ParamValues values = default_values(subject);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] == ParamValue(std::string())) return schema.params[i].name;
  return "";
}

std::int64_t largest_made(Role role) {
  return role == Role::augmentation ? 4096 : 16;
}

ParamValues small_values(const Subject& subject) {
  const Schema& schema = *subject.schema().schema;
  ParamValues values = default_values(subject);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Param& param = schema.params[i];
    if (subject.settings.has(param)) continue;
    if (auto* one = std::get_if<std::int64_t>(&values[i]); one != nullptr && *one > small)
      *one = shrunk(param, *one);
    if (auto* many = std::get_if<Integers>(&values[i])) {
      for (auto& one : *many)
        if (one > small) one = shrunk(param, one);
    }
  }
  return values;
}

ParamValues random_values(const Subject& subject, Random& random) {
  const Schema& schema = *subject.schema().schema;
  ParamValues values = default_values(subject);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Param& param = schema.params[i];
    if (!subject.settings.has(param))
      values[i] = random_value(param, largest_made(subject.role), random);
  }
  return values;
}

std::vector<ParamValue> edge_values(const Param& param, std::int64_t largest) {
  std::vector<ParamValue> values;
  if (is_list(param)) {
    values = lists_of(param, edge_values(element_of(param), largest));
    values.push_back(list_of_length(param, param.min_count));
    if (param.max_count <= longest_list) values.push_back(list_of_length(param, param.max_count));
    return values;
  }
  if (param.type == ParamType::boolean) return {true, false};
  if (param.type == ParamType::string) return {param.choices.begin(), param.choices.end()};
  values = ends(param, largest);
  for (const auto& [word, number] : param.words) values.push_back(convert(param, word));
  return values;
}

std::vector<ParamValue> values_beyond(const Param& param) {
  if (is_list(param)) {
    auto values = lists_of(param, values_beyond(element_of(param)));
    if (param.min_count > 0) values.push_back(list_of_length(param, param.min_count - 1));
    if (param.max_count <= longest_list)
      values.push_back(list_of_length(param, param.max_count + 1));
    return values;
  }
  if (param.type == ParamType::integer || param.type == ParamType::number)
    return beyond_ends(param);
  if (param.type == ParamType::string && !param.choices.empty()) return {"no such choice"};
  return {};
}

}  // namespace tandem::conformance
