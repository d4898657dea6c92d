#include "conformance/runner.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include "config/config.hpp"
#include "conformance/child.hpp"
#include "conformance/instance.hpp"
#include "conformance/job.hpp"
#include "tandem/base/error.hpp"

#include <map>
#include <memory>

namespace tandem::conformance {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A job whose process runs.
struct Running {
  Job* job;
  Child child;
  Clock::time_point start = Clock::now();
  explicit Running(Job& of) : job(&of), child([&of] { return use_one_thread(), verdict_of(of); }) {}
};

void settle(Running& running, bool too_long) {
  Outcome& outcome = running.job->outcome;
  outcome.seconds = seconds_since(running.start);
  const auto report = running.child.report();
  const int status = running.child.status();
  if (too_long) {
    outcome.verdict = Verdict::timed_out;
    outcome.detail = "did not come to an end and was killed";
  } else if (report) {
    take_verdict(*report, outcome);
  } else if (WIFEXITED(status)) {
    outcome.verdict = Verdict::failed;
    outcome.detail = "the process was ended by the plugin (" + ending(status) + ")";
  } else {
    outcome.verdict = Verdict::crashed;
    outcome.detail = ending(status);
  }
  if (is_broken(outcome)) outcome.output = running.child.output();
  running.job->done = true;
}

void skip(Job& job) {
  const Outcome& needed = job.needs->outcome;
  job.outcome.verdict = Verdict::skipped;
  job.outcome.follows = true;
  job.outcome.detail = "builds on " + full_name(*needed.rule) + ", which " +
                       (is_broken(needed) ? "failed" : "was skipped");
  job.done = true;
}

void run_here(Job& job) {
  const auto start = Clock::now();
  take_verdict(verdict_of(job), job.outcome);
  job.outcome.seconds = seconds_since(start);
  job.done = true;
}

/// Runs jobs, several at once, each when the one it needs is done.
class Runner {
 public:
  Runner(std::vector<Job>& jobs, const Options& options) : jobs_(jobs), options_(options) {}

  void run() {
    while (start_ready() || !running_.empty()) {
      wait_for_some();
      if (Clock::now() - start_ > options_.total_limit) return give_up();
    }
  }

 private:
  /// True where something is left to do.
  bool start_ready() {
    bool left = false;
    for (Job& job : jobs_) {
      if (job.done || job.started) continue;
      if (job.needs != nullptr && !job.needs->done) {
        left = true;
      } else if (job.needs != nullptr && job.needs->outcome.verdict != Verdict::passed) {
        skip(job);
      } else if (options_.in_process) {
        run_here(job);
      } else if (running_.size() < static_cast<std::size_t>(options_.jobs)) {
        job.started = true;
        running_.push_back(std::make_unique<Running>(job));
      } else {
        left = true;
      }
    }
    return left;
  }

  void wait_for_some() {
    constexpr int milliseconds = 20;
    std::vector<pollfd> doors;
    for (const auto& one : running_) doors.push_back({one->child.door(), POLLIN, 0});
    ::poll(doors.data(), doors.size(), milliseconds);
    const auto count = running_.size();
    std::erase_if(running_, [&](const auto& one) {
      const bool ended = one->child.ended();
      const bool too_long = !ended && Clock::now() - one->start > options_.time_limit;
      if (too_long) one->child.kill(), one->child.wait();
      if (ended || too_long) settle(*one, too_long);
      return ended || too_long;
    });
    // Something was said, or the door was shut, by one that has not ended yet.
    if (running_.size() == count) ::usleep(500);
  }

  void give_up() {
    running_.clear();
    for (Job& job : jobs_) {
      if (job.done) continue;
      job.outcome.verdict = Verdict::timed_out;
      job.outcome.detail = "the whole check did not come to an end in time";
    }
  }

  std::vector<Job>& jobs_;
  const Options& options_;
  const Clock::time_point start_ = Clock::now();
  std::vector<std::unique_ptr<Running>> running_;
};

/// What is wrong with the settings, or "". A plugin that cannot be asked is the rules' affair.
std::string fault_of_settings(const std::vector<Job>& jobs) {
  std::map<std::pair<Role, std::string>, const Subject*> subjects;
  for (const Job& job : jobs)
    if (!job.subject.id.empty()) subjects[{job.subject.role, job.subject.id}] = &job.subject;
  std::vector<OwnedSchema> schemas;
  try {
    for (const auto& [key, subject] : subjects) {
      schemas.push_back(subject->schema());
      config::check_schema(*schemas.back().schema, schemas.back().owner);
    }
  } catch (const std::exception&) {
    return "";
  }
  try {
    jobs.front().subject.settings.require_known(schemas);
    for (const auto& schema : schemas) jobs.front().subject.settings.over_defaults(schema);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void require_settings_fit(const std::vector<Job>& jobs, const Options& options) {
  if (jobs.empty() || options.settings.empty()) return;
  std::string fault;
  if (options.in_process) {
    fault = fault_of_settings(jobs);
  } else {
    Child child([&] { return fault_of_settings(jobs); });
    if (child.ends_within(options.time_limit)) fault = child.report().value_or("");
  }
  if (!fault.empty()) throw Error(ErrorKind::config, fault);
}

}  // namespace

std::vector<Outcome> check_plugin(const std::filesystem::path& file,
                                  const std::vector<const Rule*>& rules, const Options& options,
                                  Log& log) {
  std::vector<Job> jobs = make_jobs(file, rules, options, log);
  require_settings_fit(jobs, options);
  Runner(jobs, options).run();
  std::vector<Outcome> outcomes;
  for (Job& job : jobs) outcomes.push_back(std::move(job.outcome));
  return outcomes;
}

}  // namespace tandem::conformance
