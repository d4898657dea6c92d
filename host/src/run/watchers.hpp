#pragma once

#include "report/observer.hpp"
#include "tandem/base/log.hpp"

#include <vector>

/// What a run itself watches of its training.
namespace tandem::run {

/// Keeps every evaluation for the summary.
class KeepEvaluations final : public report::TrainObserver {
 public:
  void on_evaluation(const report::EvalEvent& event) override { events.push_back(event); }
  std::vector<report::EvalEvent> events;
};

/// A warning where an alarm does not end the run.
class TellAlarms final : public report::TrainObserver {
 public:
  TellAlarms(Log& log, bool ends) : log_(log), ends_(ends) {}
  void on_alarm(const report::AlarmEvent& alarm) override {
    if (ends_) return;
    log_.warn("step ", alarm.step, ": ", alarm.sign, "; ", alarm.cause,
              " (guard.on_collapse = \"stop\" would end the run here)");
  }

 private:
  Log& log_;
  bool ends_;
};

}  // namespace tandem::run
