#include "conformance/job.hpp"

#include "plugin/stamp.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <set>

namespace tandem::conformance {
namespace {

constexpr char passed = 'p', failed = 'f', skipped = 's';

/// What a rule is about: each of what the file provides, or the file itself.
std::vector<Subject> subjects_of(const Rule& rule, const Subject& whole, const Options& options) {
  if (rule.roles == whole_file) return {whole};
  std::vector<Subject> subjects;
  std::set<std::pair<Role, std::string>> seen;
  for (std::size_t i = 0; i < whole.stamp.count; ++i) {
    Subject one = whole;
    one.role = whole.stamp.items[i].role;
    one.id = plugin::text(whole.stamp.items[i].id);
    const bool wanted =
        (rule.roles & mask_of(one.role)) != 0 && (options.id.empty() || options.id == one.id);
    if (wanted && seen.emplace(one.role, one.id).second) subjects.push_back(std::move(one));
  }
  if (whole.stamp.count == 0) subjects.push_back(whole);
  return subjects;
}

bool builds_on(const Job& job, const Job& other) {
  if (job.outcome.rule->needs == nullptr ||
      full_name(*other.outcome.rule) != job.outcome.rule->needs)
    return false;
  const bool of_the_file = other.outcome.rule->roles == whole_file;
  return of_the_file ||
         (other.subject.role == job.subject.role && other.subject.id == job.subject.id);
}

}  // namespace

std::vector<Job> make_jobs(const std::filesystem::path& file, const std::vector<const Rule*>& rules,
                           const Options& options, Log& log) {
  Subject whole;
  whole.file = file;
  whole.seed = options.seed;
  whole.log = &log;
  whole.settings = Settings(options.settings);
  // Whoever checks a plugin trusts it, and thereby the files that it names itself.
  whole.trust = options.trust || options.settings.empty();
  try {
    whole.stamp = plugin::read_stamp(file);
  } catch (const Error&) {
    // The rule about it tells; the others build on that.
  }
  std::vector<Job> jobs;
  for (const Rule* rule : rules) {
    for (Subject& subject : subjects_of(*rule, whole, options)) {
      Job job;
      job.outcome.rule = rule;
      job.outcome.role = subject.role;
      job.outcome.id = subject.id;
      job.subject = std::move(subject);
      jobs.push_back(std::move(job));
    }
  }
  for (Job& job : jobs) {
    const auto found = std::find_if(jobs.begin(), jobs.end(),
                                    [&](const Job& other) { return builds_on(job, other); });
    if (found != jobs.end()) job.needs = &*found;
  }
  return jobs;
}

std::string verdict_of(const Job& job) {
  try {
    job.outcome.rule->check(job.subject);
    return passed + job.subject.remark();
  } catch (const NotApplicable& reason) {
    return skipped + std::string(reason.what());
  } catch (const std::exception& fault) {
    return failed + std::string(fault.what());
  } catch (...) {
    return failed + std::string("something that is no std::exception was thrown");
  }
}

void take_verdict(const std::string& text, Outcome& outcome) {
  const char kind = text.empty() ? failed : text[0];
  outcome.verdict = kind == passed    ? Verdict::passed
                    : kind == skipped ? Verdict::skipped
                                      : Verdict::failed;
  outcome.detail = text.substr(std::min<std::size_t>(1, text.size()));
}

}  // namespace tandem::conformance
