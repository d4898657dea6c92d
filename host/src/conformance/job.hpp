#pragma once

#include "conformance/rule.hpp"
#include "conformance/runner.hpp"

#include <string>
#include <vector>

namespace tandem::conformance {

/// One rule and one subject.
struct Job {
  Subject subject;
  Outcome outcome;
  const Job* needs = nullptr;  ///< another one of the same list
  bool started = false, done = false;
};

/// Every rule with each of its subjects, in the rules' order. A file without a readable stamp
/// provides nothing: each rule then has one job, with no id.
std::vector<Job> make_jobs(const std::filesystem::path& file, const std::vector<const Rule*>& rules,
                           const Options& options, Log& log);

/// Runs the rule's check here and says in a few bytes what came of it, for `take_verdict`.
std::string verdict_of(const Job& job);
void take_verdict(const std::string& text, Outcome& outcome);

}  // namespace tandem::conformance
