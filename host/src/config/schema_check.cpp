#include "config/config.hpp"

#include "tandem/base/error.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace tandem::config {
namespace {

constexpr std::string_view reserved[] = {"use", "tap", "pool", "trust", "ops"};

bool is_name(const std::string& name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto other = [](char c) { return (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && lower(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return lower(c) || other(c); });
}

bool is_one_line(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string name_fault(const std::string& name, std::set<std::string>& taken) {
  if (!is_name(name)) return "is not a name: a-z, then a-z, 0-9 and _";
  if (std::find(std::begin(reserved), std::end(reserved), name) != std::end(reserved))
    return "belongs to the host";
  return taken.insert(name).second ? "" : "is declared twice";
}

/// A default may be a word's value, which lies outside the range on purpose.
std::string default_fault(const Param& param) {
  if (static_cast<ParamType>(param.fallback.index()) != param.type)
    return "has a default of another type";
  for (const auto& [word, number] : param.words) {
    if (param.type == ParamType::integer && std::trunc(number) != number)
      return "has a word for what is not an integer";
    if (convert(param, ParamValue(word)) == param.fallback) return "";
  }
  const std::string fault = tandem::check(param, param.fallback);
  return fault.empty() ? "" : "has a default that " + fault;
}

std::string fault_of(const Param& param, std::set<std::string>& taken) {
  std::string fault = name_fault(param.name, taken);
  for (const std::string& alias : param.aliases)
    if (fault.empty()) fault = name_fault(alias, taken);
  if (fault.empty()) fault = default_fault(param);
  if (fault.empty() && param.doc.empty()) fault = "has no description";
  if (fault.empty() && !(is_one_line(param.doc) && is_one_line(param.unit)))
    fault = "has a description or unit of more than one line";
  return fault;
}

}  // namespace

void check_schema(const Schema& schema, const std::string& owner) {
  std::set<std::string> taken;
  const std::string wrong = owner + " declares its parameters wrongly: '";
  for (const Param& param : schema.params) {
    const std::string fault = fault_of(param, taken);
    if (fault.empty()) continue;
    throw Error(ErrorKind::plugin, std::string(wrong).append(shown(param.name)) + "' " + fault);
  }
}

}  // namespace tandem::config
