#include "conformance/settings.hpp"

#include "config/problems.hpp"
#include "config/table_reader.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <map>

namespace tandem::conformance {
namespace {

constexpr const char* source = "--set";

bool knows(const OwnedSchema& of, const config::Entry& entry) {
  return of.schema->find(entry.key) != nullptr;
}

}  // namespace

Settings::Settings(const Strings& assignments) {
  for (std::size_t i = 0; i < assignments.size(); ++i)
    document_.set(assignments[i], Log::join(source, " #", i + 1));
}

bool Settings::has(const Param& param) const {
  const auto given = [&](const std::string& name) {
    return document_.root().find(name) != nullptr;
  };
  return given(param.name) || std::any_of(param.aliases.begin(), param.aliases.end(), given);
}

ParamValues Settings::over_defaults(const OwnedSchema& of) const {
  config::Table own;
  for (const auto& entry : document_.root().entries)
    if (knows(of, entry)) own.entries.push_back(entry);
  config::Problems problems(source);
  std::map<std::string, config::Origin> origins;
  ParamValues values =
      config::TableReader(own, source, of.owner, problems, origins).take(*of.schema);
  problems.throw_if_any();
  return values;
}

void Settings::require_known(const std::vector<OwnedSchema>& schemas) const {
  Strings names;
  for (const auto& of : schemas)
    for (const Param& param : of.schema->params) names.push_back(param.name);
  config::Problems problems(source);
  for (const auto& entry : document_.root().entries) {
    if (std::any_of(schemas.begin(), schemas.end(),
                    [&](const OwnedSchema& of) { return knows(of, entry); }))
      continue;
    problems.add(entry.origin, "nothing that is checked has a parameter '" + entry.key + "'",
                 config::suggestion(entry.key, names, "there are"));
  }
  problems.throw_if_any();
}

}  // namespace tandem::conformance
