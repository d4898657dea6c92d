#pragma once

#include "data/loader.hpp"
#include "report/observer.hpp"
#include "train/learner.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace tandem::train {

/// How long to train, and how often to report.
struct Plan {
  std::int64_t epochs = 1;
  std::int64_t steps_per_epoch = 0;
  std::int64_t total_steps = 0;  ///< at most epochs × steps_per_epoch
  std::int64_t log_every = 10;   ///< steps between events
  at::ScalarType type = at::kFloat;
};

/// Called after each epoch, and where training ends within one, with the number of finished epochs
/// and steps; gives the evaluation's result, if there was one. `last` says that training ends here.
using Evaluate =
    std::function<std::vector<report::EvalEvent>(std::int64_t epoch, std::int64_t step, bool last)>;

/// The training loop: batches from a loader through a learner, watched by observers. [main thread]
class Trainer {
 public:
  /// All must outlive the trainer. Observers are called in the order given.
  Trainer(Learner& learner, data::BatchLoader& loader, const Plan& plan,
          std::span<report::TrainObserver* const> observers, Evaluate evaluate);

  /// Trains until the plan is done or `stop` is set, which is looked at after each step. `info`
  /// goes to the observers. What goes wrong is told to the observers and then thrown.
  report::EndReason run(const report::RunInfo& info, const std::atomic<bool>& stop);

  std::int64_t steps_done() const { return step_; }

 private:
  report::EndReason train(const std::atomic<bool>& stop);
  void step(std::int64_t epoch);
  void report_step(const StepResult& result, std::int64_t epoch);
  void end_epoch(std::int64_t epoch);
  void finish(report::EndReason reason, const std::string& message, double seconds);
  template <class Event>
  void tell(void (report::TrainObserver::*member)(const Event&), const Event& event);

  Learner& learner_;
  data::BatchLoader& loader_;
  Plan plan_;
  std::vector<report::TrainObserver*> observers_;
  Evaluate evaluate_;
  std::int64_t step_ = 0;
  std::int64_t epochs_done_ = 0;
  report::Seconds seconds_;  // since the last event
  std::int64_t images_ = 0;  // likewise
};

/// The views of a batch as tensors (N, C, H, W) in channels-last memory, without a copy where
/// `type` is float32: valid as long as the batch is.
std::vector<at::Tensor> view_tensors(const data::Batch& batch, at::ScalarType type);

}  // namespace tandem::train
