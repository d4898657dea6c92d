#pragma once

#include "data/loader.hpp"
#include "report/collapse_alarm.hpp"
#include "report/observer.hpp"
#include "train/device_views.hpp"
#include "train/learner.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace tandem::train {

/// How long to train, and how often to report.
struct Plan {
  std::int64_t epochs = 1;
  std::int64_t steps_per_epoch = 0;
  std::int64_t total_steps = 0;    ///< at most epochs × steps_per_epoch
  std::int64_t log_every = 10;     ///< steps between events
  std::int64_t health_every = -1;  ///< steps between looks at the embeddings; -1: never
  bool stop_on_collapse = false;   ///< an alarm ends the run with Error(guard)
  at::ScalarType type = at::kFloat;
  std::int64_t ranks = 1;  ///< that share each batch
  at::Device device = at::kCPU;
  bool copy_batches = false;  ///< on the CPU too, as on another device
};

/// Called after each epoch, and where training ends within one, with the number of finished epochs
/// and steps; gives the evaluation's result, empty where there was none, or nothing where the wish
/// to stop broke it off. `last` says that training ends here.
using Evaluate = std::function<std::optional<std::vector<report::EvalEvent>>(
    std::int64_t epoch, std::int64_t step, bool last)>;

/// Looks at the embeddings of a step, one a view: its values, and a matrix where `whole` asks for
/// one and there is one.
struct Look {
  report::Values values;
  std::optional<report::MatrixEvent> matrix;
};
using Examine = std::function<Look(std::span<const Embedding> views, bool whole)>;

/// Learns from a run beside the network, which learns nothing of it. [the training thread]
class Follower {
 public:
  virtual ~Follower() = default;
  /// After each step: the latents (N, F) of one view, undefined where no view has any, and the
  /// numbers of the N pictures that they are of.
  virtual void after_step(const at::Tensor& latents, std::span<const std::int64_t> samples) = 0;
  /// What it has to say since the last call, for a step's line.
  virtual report::Values take_values() = 0;
  /// Names all that it has learnt and counted, as buffers, for a checkpoint.
  virtual void visit(StateVisitor& visitor) = 0;
};

/// Where a run stands, as far as no tensor says so.
struct Position {
  std::int64_t step = 0;        ///< finished steps
  bool epoch_ended = false;     ///< the end of the epoch that `step` closes is dealt with
  std::int64_t images = 0;      ///< of the steps since the last event
  double part_seconds = 0;      ///< of the same steps
  std::int64_t looked_in = -1;  ///< the epoch, from 0, of the last whole look
  int alarm_signs = 0;          ///< CollapseAlarm
  double seconds = 0;           ///< wall-clock, of all starts
};

/// Saves what a run needs to go on. [the training thread]
class Checkpointer {
 public:
  virtual ~Checkpointer() = default;
  /// After each step, once all has been told of it but the end of its epoch: that is dealt with
  /// anew after a resume.
  virtual void after_step(const Position& position) = 0;
  /// Training stops here before its end, by a wish: before observers are told.
  virtual void stopped(const Position& position) = 0;
  /// Likewise by an error, which is thrown on: throws none itself.
  virtual void failed(const Position& position) noexcept = 0;
  /// Where a guard ends the run, `problem` says why. `views` are what the step after `position` was
  /// given, which changed nothing; none where it is no step's fault.
  virtual void keep_failure(const Position& position, std::span<const at::Tensor> views,
                            const std::string& problem) = 0;
};

/// What a trainer asks of others.
struct Questions {
  Evaluate evaluate;
  Examine examine;  ///< every `health_every` steps and at the last one; for the whole once an epoch
  Follower* follower = nullptr;          ///< may be null
  Checkpointer* checkpointer = nullptr;  ///< may be null
  /// Whether any rank wishes to stop, given whether this one does; all ask it together. Null: one
  /// rank.
  std::function<bool(bool wish)> agree = nullptr;
};

/// The training loop: batches from a loader through a learner, watched by observers. [main thread]
class Trainer {
 public:
  /// All must outlive the trainer. Observers are called in the order given. `start` is where a
  /// resumed run goes on: learner and follower are as they were then.
  Trainer(Learner& learner, data::BatchLoader& loader, const Plan& plan,
          std::span<report::TrainObserver* const> observers, Questions questions,
          const Position& start = {});

  /// Trains until the plan is done or `stop` is set, which is looked at after each step. `info`
  /// goes to the observers. What goes wrong is told to the observers and then thrown.
  report::EndReason run(const report::RunInfo& info, const std::atomic<bool>& stop);

  std::int64_t steps_done() const { return step_; }
  Position position() const;

 private:
  report::EndReason train(const std::atomic<bool>& stop);
  bool stops(bool wish) const { return questions_.agree ? questions_.agree(wish) : wish; }
  void step(std::int64_t epoch, bool last_of_epoch);
  /// The next batch; one more is on its way where it can be.
  PlacedBatch next_batch(bool last_of_epoch);
  void report_step(const StepResult& result, std::int64_t epoch);
  void follow(const StepResult& result, const PlacedBatch& batch);
  void look(const StepResult& result, std::int64_t epoch);
  StepResult learn(std::span<const at::Tensor> views);
  void save();
  /// False where the evaluation was broken off: it is to be made anew then.
  bool end_epoch(std::int64_t epoch);
  void finish(report::EndReason reason, const std::string& message);
  template <class Event>
  void tell(void (report::TrainObserver::*member)(const Event&), const Event& event);
  /// The same within a step, to whose time it counts.
  template <class Event>
  void tell_of_step(void (report::TrainObserver::*member)(const Event&), const Event& event);

  Learner& learner_;
  data::BatchLoader& loader_;
  Plan plan_;
  std::vector<report::TrainObserver*> observers_;
  Questions questions_;
  report::CollapseAlarm alarm_;
  DeviceViews device_views_;
  std::optional<PlacedBatch> ahead_;  // of this epoch, where batches are copied
  std::int64_t looked_in_ = -1;       // the epoch of the last look
  std::int64_t step_ = 0;
  std::int64_t ended_at_ = -1;  // the step after which the end of an epoch was dealt with
  std::int64_t epochs_done_ = 0;
  double begin_ = 0;           // when `run` was called
  double seconds_before_ = 0;  // of earlier starts
  report::Seconds seconds_;    // since the last event
  std::int64_t images_ = 0;    // likewise
};

}  // namespace tandem::train
