#include "config/table_reader.hpp"

#include "config/sections.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace tandem::config {
namespace {

std::string in_quotes(const std::string& name) {
  return "'" + shown(name) + "'";
}

/// A scalar as a parameter's value; nothing for arrays and tables.
std::optional<ParamValue> scalar(const Node& node) {
  if (const auto* x = std::get_if<bool>(&node.value)) return ParamValue(*x);
  if (const auto* x = std::get_if<std::int64_t>(&node.value)) return ParamValue(*x);
  if (const auto* x = std::get_if<double>(&node.value)) return ParamValue(*x);
  if (const auto* x = std::get_if<std::string>(&node.value)) return ParamValue(*x);
  return std::nullopt;
}

bool is_list(const Param& param) {
  return param.type >= ParamType::integers;
}

void append(ParamValue& list, const ParamValue& element) {
  if (auto* to = std::get_if<Integers>(&list)) to->push_back(std::get<std::int64_t>(element));
  if (auto* to = std::get_if<Numbers>(&list)) to->push_back(std::get<double>(element));
  if (auto* to = std::get_if<Strings>(&list)) to->push_back(std::get<std::string>(element));
}

bool contains(const Strings& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string wrong_kind(const Param& param, const Node& node) {
  return "expected " + std::string(type_name(param.type)) + ", found " + std::string(kind_of(node));
}

template <class Form>
std::string joined(const Strings& names, std::string_view last, Form form) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? last : std::string_view(", ");
    text += form(names[i]);
  }
  return text;
}

bool any_has(const std::vector<NamedSchema>& list, const std::string& key) {
  return std::any_of(list.begin(), list.end(),
                     [&](const NamedSchema& s) { return s.schema.find(key) != nullptr; });
}

}  // namespace

std::string suggestion(const std::string& given, const Strings& names, std::string_view what) {
  const Strings close = nearest(given, names);
  if (!close.empty()) return "did you mean " + joined(close, " or ", in_quotes) + "?";
  const auto bare = [](const std::string& name) { return name; };
  return names.empty() ? "" : std::string(what) + ": " + joined(names, ", ", bare);
}

std::string home_of(const std::string& key) {
  if (any_has(optimizers(), key)) return "optimizer";
  if (any_has(schedules(), key)) return "schedule";
  for (const NamedSchema& section : sections())
    if (section.schema.find(key)) return section.name;
  return "";
}

TableReader::TableReader(const Table& table, std::string path, std::string title,
                         Problems& problems, std::map<std::string, Origin>& origins)
    : table_(table),
      path_(std::move(path)),
      title_(std::move(title)),
      problems_(problems),
      origins_(origins) {}

/// Two spellings of one key are an error in one file; else the later layer's is taken.
const Entry* TableReader::entry_for(const Param& param) {
  const Entry* found = nullptr;
  for (const Entry& entry : table_.entries) {
    if (entry.key != param.name && !contains(param.aliases, entry.key)) continue;
    if (found && found->origin.source == entry.origin.source)
      problems_.add(entry.origin, in_quotes(entry.key) + " and " + in_quotes(found->key) + " in " +
                                      title_ + " are one key, given twice");
    found = &entry;
  }
  return found;
}

std::string TableReader::label(const Entry& entry) const {
  return in_quotes(entry.key) + " in " + title_;
}

std::optional<ParamValue> TableReader::checked(const Param& param, const Node& node,
                                               const std::string& label) {
  const auto value = scalar(node);
  const std::string fault = value ? tandem::check(param, *value) : wrong_kind(param, node);
  if (fault.empty()) return convert(param, *value);
  problems_.add(node.origin, label + ": " + fault);
  return std::nullopt;
}

std::optional<ParamValue> TableReader::read_list(const Param& param, const Entry& entry) {
  const Array& array = *entry.value.array();
  const Param element = element_of(param);
  ParamValue list = convert(param, Integers{});
  bool good = true;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const auto value =
        checked(element, array[i], label(entry) + ", element " + std::to_string(i + 1));
    if (value) append(list, *value);
    good = good && value;
  }
  if (!good) return std::nullopt;
  const std::string fault = tandem::check(param, list);
  if (fault.empty()) return list;
  problems_.add(entry.value.origin, label(entry) + ": " + fault);
  return std::nullopt;
}

std::optional<ParamValue> TableReader::read(const Param& param, const Entry& entry) {
  if (is_list(param) && entry.value.array()) return read_list(param, entry);
  return checked(param, entry.value, label(entry));
}

ParamValues TableReader::take(const Schema& schema) {
  ParamValues values = defaults(schema);
  for (std::size_t i = 0; i < schema.params.size(); ++i) {
    const Param& param = schema.params[i];
    known_.push_back(param.name);
    aliases_.insert(aliases_.end(), param.aliases.begin(), param.aliases.end());
    const Entry* entry = entry_for(param);
    if (!entry) continue;
    if (auto value = read(param, *entry)) values[i] = std::move(*value);
    note_origin(param.name, entry->value.origin);
  }
  return values;
}

std::string TableReader::hint_for(const std::string& key) const {
  const std::string home = home_of(key);
  if (!home.empty() && nearest(key, known_).empty())
    return "'" + key + "' belongs to [" + home + "]";
  return suggestion(key, known_, "keys");
}

void TableReader::finish(std::string_view of) {
  const auto is_known = [this](const std::string& key) {
    return contains(known_, key) || contains(aliases_, key);
  };
  for (const Entry& entry : table_.entries) {
    if (is_known(entry.key)) continue;
    problems_.add(entry.origin, "unknown key " + label(entry) + std::string(of),
                  hint_for(entry.key));
  }
}

}  // namespace tandem::config
