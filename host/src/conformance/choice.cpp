#include "conformance/rules.hpp"
#include "conformance/runner.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>

namespace tandem::conformance {
namespace {

[[noreturn]] void unknown(const char* what, const std::string& name, const Strings& known) {
  std::string message = Log::join("there is no ", what, " '", name, "'");
  const auto close = nearest(name, known, 1);
  throw Error(ErrorKind::usage,
              message + (close.empty() ? "; tandem plugins check --list shows them"
                                       : "; did you mean '" + close[0] + "'?"));
}

void require_known(const char* what, const Strings& given, const Strings& known) {
  for (const auto& name : given)
    if (std::find(known.begin(), known.end(), name) == known.end()) unknown(what, name, known);
}

bool among(const Strings& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::vector<const Rule*> chosen_rules(const Options& options) {
  const auto all = all_rules();
  Strings groups, names;
  for (const Rule* rule : all) {
    groups.emplace_back(rule->group);
    names.insert(names.end(), {rule->name, full_name(*rule)});
  }
  require_known("group", options.groups, groups);
  require_known("rule", options.rules, names);
  std::vector<const Rule*> chosen;
  for (const Rule* rule : all) {
    if (among(options.groups, rule->group) &&
        (among(options.rules, full_name(*rule)) || among(options.rules, rule->name)))
      chosen.push_back(rule);
  }
  return chosen;
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return "passed";
    case Verdict::failed:
      return "failed";
    case Verdict::crashed:
      return "crashed";
    case Verdict::timed_out:
      return "timed out";
    case Verdict::skipped:
      return "skipped";
  }
  return "unknown";
}

bool is_broken(const Outcome& outcome) {
  return outcome.verdict != Verdict::passed && outcome.verdict != Verdict::skipped;
}

}  // namespace tandem::conformance
