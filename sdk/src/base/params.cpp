#include "tandem/base/params.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace tandem {
namespace {

constexpr std::array<std::string_view, 7> type_names = {
    "boolean",          "integer",         "number",         "string",
    "list of integers", "list of numbers", "list of strings"};

ParamType type_of(const ParamValue& value) {
  return static_cast<ParamType>(value.index());
}

bool is_list(ParamType type) {
  return type >= ParamType::integers;
}

bool is_numeric(ParamType type) {
  return type == ParamType::integer || type == ParamType::number;
}

std::size_t count_of(const ParamValue& list) {
  return std::visit(
      [](const auto& v) -> std::size_t {
        if constexpr (requires { v.size(); })
          return v.size();
        else
          return 0;
      },
      list);
}

std::string quoted(std::string_view text) {
  return to_toml(ParamValue(std::string(text)));
}

std::string joined(const Strings& items, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? last : std::string_view(", ");
    text += items[i];
  }
  return text;
}

Strings word_names(const Param& param) {
  Strings names;
  for (const auto& [name, value] : param.words) names.push_back(name);
  return names;
}

/// 0.001 as "0.001", 3 as "3": a bound as a sentence writes it.
std::string plain(double x) {
  std::string text = to_toml(ParamValue(x));
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string did_you_mean(std::string_view given, const Strings& names) {
  const Strings close = nearest(given, names, 1);
  return close.empty() ? "" : "; did you mean " + quoted(close.front()) + "?";
}

std::string expected(const Param& param) {
  if (param.type == ParamType::boolean) return "true or false";
  Strings ways = {std::string(type_name(param.type))};
  for (const std::string& word : word_names(param)) ways.push_back(quoted(word));
  return joined(ways, " or ");
}

std::string found(const ParamValue& value) {
  std::string text(type_name(type_of(value)));
  if (!is_list(type_of(value))) text += " " + to_toml(value);
  return text;
}

bool accepts(ParamType wanted, const ParamValue& value) {
  const ParamType given = type_of(value);
  if (given == wanted) return true;
  if (is_list(wanted) && is_list(given) && count_of(value) == 0) return true;
  return (wanted == ParamType::number && given == ParamType::integer) ||
         (wanted == ParamType::numbers && given == ParamType::integers);
}

std::optional<double> word_value(const Param& param, const ParamValue& value) {
  const auto* given = std::get_if<std::string>(&value);
  if (!given || !is_numeric(param.type)) return std::nullopt;
  for (const auto& [name, number] : param.words)
    if (name == *given) return number;
  return std::nullopt;
}

std::string wrong_type(const Param& param, const ParamValue& value) {
  std::string text = "expected " + expected(param) + ", found " + found(value);
  const auto* x = std::get_if<double>(&value);
  if (x && param.type == ParamType::integer && std::trunc(*x) == *x && std::abs(*x) < 0x1p53)
    text += "; write " + std::to_string(static_cast<std::int64_t>(*x));
  if (const auto* s = std::get_if<std::string>(&value)) text += did_you_mean(*s, word_names(param));
  return text;
}

std::string check_range(const Param& param, double x) {
  if (!std::isfinite(x)) return "must be finite";
  if (param.low_open && x <= param.low) return "must be above " + plain(param.low);
  if (x < param.low) return "must be at least " + plain(param.low);
  if (param.high_open && x >= param.high) return "must be below " + plain(param.high);
  if (x > param.high) return "must be at most " + plain(param.high);
  return "";
}

std::string check_number(const Param& param, const ParamValue& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  const double x = integer ? static_cast<double>(*integer) : std::get<double>(value);
  std::string fault = check_range(param, x);
  if (fault.empty()) return fault;
  for (const std::string& word : word_names(param)) fault += " or " + quoted(word);
  return fault + ", is " + to_toml(value);
}

std::string check_choice(const Param& param, const std::string& given) {
  const Strings& all = param.choices;
  if (all.empty() || std::find(all.begin(), all.end(), given) != all.end()) return "";
  Strings names;
  for (const std::string& choice : all) names.push_back(quoted(choice));
  return "must be " + joined(names, " or ") + ", is " + quoted(given) + did_you_mean(given, all);
}

std::string check_count(const Param& param, std::size_t n) {
  if (n >= param.min_count && n <= param.max_count) return "";
  const bool few = n < param.min_count;
  const std::size_t bound = few ? param.min_count : param.max_count;
  const bool exact = param.min_count == param.max_count;
  return "must have " +
         std::string(exact ? "exactly "
                     : few ? "at least "
                           : "at most ") +
         std::to_string(bound) + (bound == 1 ? " element" : " elements") + ", has " +
         std::to_string(n);
}

template <class List>
std::string check_elements(const Param& param, const List& list) {
  const Param element = element_of(param);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string fault = check(element, detail::to_value(list[i]));
    if (!fault.empty()) return "element " + std::to_string(i + 1) + " " + fault;
  }
  return "";
}

std::string check_list(const Param& param, const ParamValue& value) {
  std::string fault = check_count(param, count_of(value));
  if (!fault.empty()) return fault;
  if (const auto* list = std::get_if<Integers>(&value)) return check_elements(param, *list);
  if (const auto* list = std::get_if<Numbers>(&value)) return check_elements(param, *list);
  return check_elements(param, std::get<Strings>(value));
}

ParamValue empty_list(ParamType type) {
  if (type == ParamType::integers) return Integers{};
  if (type == ParamType::numbers) return Numbers{};
  return Strings{};
}

/// "1e-05" and "1e+20" as people write them: "1e-5", "1e20".
std::string short_exponent(std::string text) {
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return text;
  const std::string_view sign = text[e + 1] == '-' ? "-" : "";
  const std::size_t digits = text.find_first_not_of("+-0", e + 1);
  return text.substr(0, e + 1).append(sign) + text.substr(digits);
}

std::string number_to_toml(double x) {
  if (std::isnan(x)) return "nan";
  const double size = std::abs(x);
  const bool fixed = size == 0 || (size >= 1e-4 && size < 1e15);
  std::array<char, 32> buffer;
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x, format).ptr;
  const std::string text = short_exponent(std::string(buffer.data(), end));
  return text.find_first_of(".eni") == std::string::npos ? text + ".0" : text;
}

std::string escaped(char c) {
  constexpr std::string_view from = "\"\\\b\t\n\f\r";
  constexpr std::string_view to = "\"\\btnfr";
  const std::size_t i = from.find(c);
  if (i != std::string_view::npos) return {'\\', to[i]};
  const auto code = static_cast<unsigned char>(c);
  if (code >= 0x20 && code != 0x7f) return {c};
  constexpr std::string_view digits = "0123456789ABCDEF";
  return std::string("\\u00") + digits[code >> 4] + digits[code & 15];
}

std::string string_to_toml(const std::string& text) {
  std::string out = "\"";
  for (char c : text) out += escaped(c);
  return out + '"';
}

template <class List>
std::string list_to_toml(const List& list) {
  Strings items;
  for (const auto& item : list) items.push_back(to_toml(detail::to_value(item)));
  return "[" + joined(items, ", ") + "]";
}

std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return out;
}

/// Edits that turn `a` into `b`: insert, delete, replace, swap neighbours (each part edited once).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

/// Smaller is nearer; nothing where the names have too little in common.
std::optional<std::size_t> closeness(std::string_view a, std::string_view b) {
  const auto [shorter, longer] = std::minmax({a.size(), b.size()});
  const std::size_t edits = distance(a, b);
  const std::size_t allowed = std::max<std::size_t>(1, longer / 3);
  if (edits <= allowed && edits < longer) return edits;
  const std::string_view outer = a.size() > b.size() ? a : b;
  const std::string_view inner = a.size() > b.size() ? b : a;
  if (shorter < 2 || outer.find(inner) == std::string_view::npos) return std::nullopt;
  return allowed + longer - shorter;
}

}  // namespace

const Param* Schema::find(std::string_view name) const {
  for (const Param& param : params) {
    const auto& aliases = param.aliases;
    if (param.name == name || std::find(aliases.begin(), aliases.end(), name) != aliases.end())
      return &param;
  }
  return nullptr;
}

ParamValues defaults(const Schema& schema) {
  ParamValues values;
  for (const Param& param : schema.params) values.push_back(param.fallback);
  return values;
}

std::string check(const Param& param, const ParamValue& value) {
  if (word_value(param, value)) return "";
  if (!accepts(param.type, value)) return wrong_type(param, value);
  if (is_list(param.type)) return check_list(param, value);
  if (is_numeric(param.type)) return check_number(param, value);
  if (const auto* text = std::get_if<std::string>(&value)) return check_choice(param, *text);
  return "";
}

ParamValue convert(const Param& param, const ParamValue& value) {
  ParamValue given = value;
  if (const auto word = word_value(param, value)) given = *word;
  if (type_of(given) == param.type) return given;
  if (const auto* list = std::get_if<Integers>(&given); list && param.type == ParamType::numbers)
    return Numbers(list->begin(), list->end());
  if (is_list(param.type)) return empty_list(param.type);
  if (param.type == ParamType::integer) return static_cast<std::int64_t>(std::get<double>(given));
  return static_cast<double>(std::get<std::int64_t>(given));
}

Param element_of(const Param& list) {
  constexpr std::array scalars = {ParamType::integer, ParamType::number, ParamType::string};
  Param element = list;
  if (!is_list(list.type)) return element;
  element.type = scalars[static_cast<std::size_t>(list.type) - 4];
  element.fallback = ParamValue();
  element.words.clear();
  element.set = nullptr;
  element.get = nullptr;
  return element;
}

std::string to_toml(const ParamValue& value) {
  struct Writer {
    std::string operator()(bool x) const { return x ? "true" : "false"; }
    std::string operator()(std::int64_t x) const { return std::to_string(x); }
    std::string operator()(double x) const { return number_to_toml(x); }
    std::string operator()(const std::string& x) const { return string_to_toml(x); }
    std::string operator()(const Integers& x) const { return list_to_toml(x); }
    std::string operator()(const Numbers& x) const { return list_to_toml(x); }
    std::string operator()(const Strings& x) const { return list_to_toml(x); }
  };
  return std::visit(Writer{}, value);
}

std::string to_toml(const Param& param, const ParamValue& value) {
  if (is_numeric(param.type))
    for (const auto& [name, number] : param.words)
      if (convert(param, ParamValue(name)) == value) return quoted(name);
  return to_toml(value);
}

std::string_view type_name(ParamType type) {
  return type_names[static_cast<std::size_t>(type)];
}

Strings nearest(std::string_view name, const Strings& names, std::size_t limit) {
  constexpr std::size_t longest = 100;  // beyond it nothing is a slip of the hand
  std::vector<std::pair<std::size_t, std::string>> close;
  if (name.empty() || name.size() > longest) return {};
  for (const std::string& candidate : names) {
    if (candidate.empty() || candidate.size() > longest) continue;
    if (const auto score = closeness(folded(name), folded(candidate)))
      close.emplace_back(*score, candidate);
  }
  std::stable_sort(close.begin(), close.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Strings result;
  for (std::size_t i = 0; i < close.size() && i < limit; ++i) result.push_back(close[i].second);
  return result;
}

}  // namespace tandem
