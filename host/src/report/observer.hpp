#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tandem::report {

struct NamedValue {
  std::string name;
  double value = 0;
};
using Values = std::vector<NamedValue>;

/// What a run is, as far as a watcher needs it.
struct RunInfo {
  std::string objective;
  std::string backbone;
  std::string device;
  std::int64_t samples = 0;     ///< in the training set
  std::int64_t batch_size = 0;  ///< global
  std::int64_t steps_per_epoch = 0;
  std::int64_t epochs = 0;
  std::int64_t total_steps = 0;
  std::int64_t first_step = 0;  ///< finished before this start: 0 unless resumed
  std::int64_t parameters = 0;  ///< numbers the optimizer trains
};

/// Wall-clock seconds of the steps an event covers; `total` holds the others and the rest.
struct Seconds {
  double data = 0;  ///< waiting for a batch
  double forward = 0;
  double backward = 0;
  double optimizer = 0;
  double total = 0;
  double health = 0;      ///< looking at embeddings
  double probe = 0;       ///< training the online probe
  double checkpoint = 0;  ///< saving checkpoints
  double observers = 0;   ///< those who watch: logs, TensorBoard, progress
};

/// A step whose values were read. Loss, metrics and rate are of this step, but for a follower's
/// metrics, which are means since the last event; images and seconds are sums since then.
struct StepEvent {
  std::int64_t step = 0;  ///< finished steps: 1 after the first
  std::int64_t total_steps = 0;
  std::int64_t epoch = 0;  ///< the epoch this step belongs to, from 1
  double loss = 0;
  double lr = 0;
  Values metrics;
  std::int64_t images = 0;
  Seconds seconds;
};

/// The result of an evaluation.
struct EvalEvent {
  std::string name;      ///< "knn", …
  std::string protocol;  ///< what makes the numbers comparable: features, network, split, k, T
  Values values;
  std::int64_t step = 0;   ///< finished steps
  std::int64_t epoch = 0;  ///< finished epochs
};

/// A look at the embeddings of one step: how far they spread and agree.
struct HealthEvent {
  std::int64_t step = 0;   ///< finished steps
  std::int64_t epoch = 0;  ///< the epoch this step belongs to, from 1
  Values values;           ///< eval/health.hpp says which
};

/// Numbers to be shown as a picture, row by row, each in -1 … 1.
struct MatrixEvent {
  std::string name;  ///< "cross_correlation"
  std::int64_t step = 0;
  std::int64_t epoch = 0;
  int rows = 0;
  int columns = 0;
  std::vector<float> values;
};

/// A sign that the embeddings collapse.
struct AlarmEvent {
  std::int64_t step = 0;
  std::string sign;   ///< what was seen, with its numbers
  std::string cause;  ///< what it often comes from, and what to try
};

struct EpochEvent {
  std::int64_t epoch = 0;  ///< finished epochs: 1 after the first
  std::int64_t step = 0;   ///< finished steps
};

enum class EndReason { finished, interrupted, failed };

struct EndEvent {
  EndReason reason = EndReason::finished;
  std::string message;  ///< of a failure; else empty
  std::int64_t step = 0;
  std::int64_t epoch = 0;  ///< finished epochs
  double seconds = 0;      ///< wall-clock, of all starts
};

/// Watches a training run without taking part in it. The trainer calls its observers one after
/// another in their declared order: `on_start` once, then steps, looks, epochs and evaluations as
/// they happen, then `on_end` once, also after a failure. [the training thread]
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void on_start(const RunInfo&) {}
  virtual void on_step(const StepEvent&) {}
  virtual void on_health(const HealthEvent&) {}
  virtual void on_matrix(const MatrixEvent&) {}
  virtual void on_alarm(const AlarmEvent&) {}
  virtual void on_evaluation(const EvalEvent&) {}
  virtual void on_epoch_end(const EpochEvent&) {}
  virtual void on_end(const EndEvent&) {}
};

/// "finished", "interrupted", "failed".
std::string to_string(EndReason reason);

}  // namespace tandem::report
