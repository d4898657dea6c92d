#pragma once

#include "conformance/rule.hpp"
#include "tandem/base/params.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::conformance {

enum class Verdict { passed, failed, crashed, timed_out, skipped };
std::string_view verdict_name(Verdict verdict);

/// What came of one rule and one subject.
struct Outcome {
  const Rule* rule = nullptr;
  Role role{};
  std::string id;  ///< empty for a rule about the file as a whole
  Verdict verdict = Verdict::skipped;
  std::string detail;    ///< what was wrong, why it was skipped, or a remark where it passed
  std::string output;    ///< where it went wrong: the last of what the plugin wrote
  bool follows = false;  ///< skipped, since what it builds on did not pass
  double seconds = 0;
};

/// Neither passed nor skipped.
bool is_broken(const Outcome& outcome);

struct Options {
  std::uint64_t seed = 0;
  Strings groups;      ///< empty: all
  Strings rules;       ///< "group.name" or "name"; empty: all
  Strings settings;    ///< "KEY=VALUE", for each thing that has the key
  bool trust = false;  ///< a backbone may run code that comes with a file named by `settings`
  std::string id;      ///< of what the file provides, only this; empty: all
  /// One after another in this process, for a debugger: what a plugin does to it stays.
  bool in_process = false;
  int jobs = 1;                                                     ///< processes at once
  std::chrono::milliseconds time_limit = std::chrono::seconds(20);  ///< for each rule and subject
  /// For all of it: what is not done by then is killed or not begun, and counts as timed out.
  std::chrono::milliseconds total_limit = std::chrono::seconds(300);
};

/// Throws Error(usage) for a group or rule that does not exist, with the nearest names.
std::vector<const Rule*> chosen_rules(const Options& options);

/// Checks a plugin's file: every chosen rule for the file or for each thing it provides, in the
/// rules' order. Call it in a process that has run nothing parallel and has one thread; the plugin
/// is opened in forked copies of it only, unless `in_process`. Messages of the plugin go to `log`
/// in process, else to `Outcome::output`. Throws Error(resource) where no process can be started,
/// and Error(usage) or Error(config) for settings that nothing with the key takes.
std::vector<Outcome> check_plugin(const std::filesystem::path& file,
                                  const std::vector<const Rule*>& rules, const Options& options,
                                  Log& log);

}  // namespace tandem::conformance
