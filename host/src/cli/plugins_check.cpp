#include "cli/plugins.hpp"
#include "cli/process.hpp"
#include "conformance/rules.hpp"
#include "conformance/runner.hpp"
#include "formats/json_lines.hpp"
#include "plugin/stamp.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>

namespace tandem::cli {
namespace {

using conformance::Outcome;
using conformance::Verdict;
using formats::Json;

/// What is checked: a file, and of what it provides one thing or all.
struct Target {
  std::filesystem::path file;
  std::string id;
};

/// A word that names a file is one; everything else is an id, of a plugin or of what it provides.
Target find_target(plugin::Catalog& catalog, const std::string& word) {
  if (word.find('/') != std::string::npos || word.ends_with(".so")) return {word, ""};
  Strings known;
  for (const auto& file : catalog.files()) {
    known.emplace_back(plugin::text(file.stamp.id));
    if (known.back() == word) return {file.path, ""};
    for (std::size_t i = 0; i < file.stamp.count; ++i) {
      known.emplace_back(plugin::text(file.stamp.items[i].id));
      if (known.back() == word) return {file.path, word};
    }
  }
  refuse_id(word, known);
}

std::uint64_t number(const std::string& text, const char* option) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (text.empty() || read.ec != std::errc() || read.ptr != end)
    throw Error(ErrorKind::usage,
                Log::join(option, " needs a whole number of at least 0, got '", text, "'"));
  return value;
}

conformance::Options options_of(const Arguments& arguments) {
  conformance::Options options;
  options.groups = arguments.list("group");
  options.rules = arguments.list("rule");
  options.settings = arguments.list("set");
  options.trust = arguments.flag("trust");
  options.in_process = arguments.flag("in-process");
  options.jobs = available_processors();
  if (arguments.has("seed")) options.seed = number(arguments.text("seed"), "--seed");
  if (arguments.has("time-limit"))
    options.time_limit = std::chrono::seconds(number(arguments.text("time-limit"), "--time-limit"));
  if (arguments.has("total-limit"))
    options.total_limit =
        std::chrono::seconds(number(arguments.text("total-limit"), "--total-limit"));
  return options;
}

std::string roles_text(unsigned roles) {
  if (roles == conformance::whole_file) return "the file";
  if (roles == conformance::every_role) return "each id";
  std::string names;
  for (const auto role : {Role::objective, Role::backbone, Role::augmentation}) {
    if ((roles & conformance::mask_of(role)) == 0) continue;
    names += (names.empty() ? "" : ", ") + std::string(role_name(role));
  }
  return names;
}

int list_rules(bool as_json) {
  auto list = Json::array();
  std::string text, group;
  for (const auto* rule : conformance::all_rules()) {
    const auto roles = roles_text(rule->roles);
    if (group != rule->group) text += (group.empty() ? "" : "\n") + (group = rule->group) + '\n';
    text += Log::join("  ", rule->name, " (", roles, "): ", rule->what, "\n");
    list.push_back({{"group", rule->group},
                    {"name", rule->name},
                    {"of", roles},
                    {"what", rule->what},
                    {"needs", rule->needs == nullptr ? "" : rule->needs}});
  }
  std::cout << (as_json ? formats::json_text(list) : text);
  return 0;
}

std::string indented(const std::string& text, const std::string& indent) {
  std::string out = indent;
  for (const char c : text) out += c == '\n' ? '\n' + indent : std::string(1, c);
  while (!out.empty() && (out.back() == ' ' || out.back() == '\n')) out.pop_back();
  return out;
}

/// The outcomes of one rule.
struct RuleResult {
  const conformance::Rule* rule;
  std::vector<const Outcome*> of;
};

std::vector<RuleResult> by_rule(const std::vector<Outcome>& outcomes) {
  std::vector<RuleResult> results;
  for (const auto& outcome : outcomes) {
    if (results.empty() || results.back().rule != outcome.rule)
      results.push_back({outcome.rule, {}});
    results.back().of.push_back(&outcome);
  }
  return results;
}

/// What a line about a rule starts with: the worst of its outcomes, or "passed" where some did.
Verdict verdict_of(const RuleResult& result) {
  Verdict verdict = Verdict::skipped;
  for (const auto* outcome : result.of) {
    if (is_broken(*outcome)) return outcome->verdict;
    if (outcome->verdict == Verdict::passed) verdict = Verdict::passed;
  }
  return verdict;
}

void print_outcome(const Outcome& outcome) {
  std::string line(verdict_name(outcome.verdict));
  if (!outcome.id.empty()) line = "'" + outcome.id + "' " + line;
  std::cout << indented(line + ": " + outcome.detail, "             ") << '\n';
  if (!outcome.output.empty())
    std::cout << "             it wrote:\n" << indented(outcome.output, "             | ") << '\n';
}

/// Reasons for skipping or remarks on passing, each once with all ids it is true of.
void print_details(const RuleResult& result, Verdict verdict) {
  std::vector<std::pair<std::string, Strings>> reasons;
  for (const auto* outcome : result.of) {
    if (outcome->verdict != verdict || outcome->detail.empty()) continue;
    auto found = std::find_if(reasons.begin(), reasons.end(),
                              [&](const auto& one) { return one.first == outcome->detail; });
    if (found == reasons.end()) found = reasons.insert(found, {outcome->detail, {}});
    if (!outcome->id.empty()) found->second.push_back("'" + outcome->id + "'");
  }
  for (const auto& [reason, ids] : reasons) {
    std::string who;
    for (const auto& id : ids) who += (who.empty() ? "" : ", ") + id;
    std::cout << "             " << who << (who.empty() ? "" : " ") << verdict_name(verdict) << ": "
              << reason << '\n';
  }
}

void print_rule(const RuleResult& result) {
  double seconds = 0;
  for (const auto* outcome : result.of) seconds += outcome->seconds;
  std::string verdict(verdict_name(verdict_of(result)));
  verdict.resize(11, ' ');
  std::cout << "  " << verdict << result.rule->name << ": " << result.rule->what;
  if (result.of.size() > 1) std::cout << " (" << result.of.size() << ")";
  if (seconds >= 1) std::cout << ", " << static_cast<int>(seconds + 0.5) << " s";
  std::cout << '\n';
  for (const auto* outcome : result.of) {
    if (is_broken(*outcome)) print_outcome(*outcome);
  }
  print_details(result, Verdict::passed);
  print_details(result, Verdict::skipped);
}

int count(const std::vector<Outcome>& outcomes, Verdict verdict) {
  return static_cast<int>(
      std::count_if(outcomes.begin(), outcomes.end(),
                    [verdict](const Outcome& one) { return one.verdict == verdict; }));
}

std::string summary(const std::vector<Outcome>& outcomes) {
  auto text = Log::join(by_rule(outcomes).size(), " rules, ", outcomes.size(),
                        " checks: ", count(outcomes, Verdict::passed), " passed");
  for (const auto verdict :
       {Verdict::failed, Verdict::crashed, Verdict::timed_out, Verdict::skipped}) {
    if (const int n = count(outcomes, verdict); n > 0)
      text += Log::join(", ", n, " ", verdict_name(verdict));
  }
  return text;
}

/// One fault would else be buried under all that builds on it.
bool says_nothing_new(const RuleResult& result) {
  return std::all_of(result.of.begin(), result.of.end(),
                     [](const Outcome* one) { return one->follows; });
}

void print_text(const Target& target, const std::vector<Outcome>& outcomes, std::uint64_t seed) {
  std::cout << target.file.string() << ", seed " << seed << '\n';
  std::string group;
  for (const auto& result : by_rule(outcomes)) {
    if (says_nothing_new(result)) continue;
    if (group != result.rule->group) std::cout << '\n' << (group = result.rule->group) << '\n';
    print_rule(result);
  }
  std::cout << '\n' << summary(outcomes) << '\n';
  if (std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& one) { return one.follows; }))
    std::cout << "not shown: what builds on a rule that did not pass; --json shows all\n";
}

void print_json(const Target& target, const std::vector<Outcome>& outcomes, std::uint64_t seed,
                bool ok) {
  auto list = Json::array();
  for (const auto& outcome : outcomes) {
    list.push_back({{"group", outcome.rule->group},
                    {"rule", outcome.rule->name},
                    {"role", outcome.id.empty() ? "" : role_name(outcome.role)},
                    {"id", outcome.id},
                    {"verdict", verdict_name(outcome.verdict)},
                    {"detail", outcome.detail},
                    {"output", outcome.output},
                    {"seconds", outcome.seconds}});
  }
  const Json report = {
      {"file", target.file.string()}, {"seed", seed}, {"ok", ok}, {"checks", list}};
  std::cout << formats::json_text(report);
}

}  // namespace

void add_check_options(Arguments& arguments) {
  arguments.add_text("seed", "N", "check: what random values are drawn from (0)");
  arguments.add_list("group", "NAME", "check: only rules of this group; may be repeated");
  arguments.add_list("rule", "NAME", "check: only this rule; may be repeated");
  arguments.add_text("time-limit", "SECONDS", "check: when a single check is killed (20)");
  arguments.add_text("total-limit", "SECONDS",
                     "check: when all that is left counts as timed out (300)");
  arguments.add_flag("list", "check: show the rules");
  arguments.add_flag("in-process", "check: one after another in this process, for a debugger");
}

int check_plugins(plugin::Catalog& catalog, const Strings& words, const Arguments& arguments,
                  Log& log) {
  if (arguments.flag("list")) return list_rules(arguments.json());
  if (words.size() != 1)
    throw Error(ErrorKind::usage, "tandem plugins check needs a plugin's FILE or an ID");
  const Target target = find_target(catalog, words[0]);
  auto options = options_of(arguments);
  options.id = target.id;
  const auto outcomes =
      conformance::check_plugin(target.file, conformance::chosen_rules(options), options, log);
  const bool ok = std::none_of(outcomes.begin(), outcomes.end(), conformance::is_broken);
  if (arguments.json())
    print_json(target, outcomes, options.seed, ok);
  else
    print_text(target, outcomes, options.seed);
  return ok ? 0 : static_cast<int>(ErrorKind::plugin);
}

}  // namespace tandem::cli
