#include "train/trainer.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace tandem::train {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Where those who look at it compute.
std::vector<Embedding> on_cpu(std::span<const Embedding> views) {
  const auto here = [](const at::Tensor& tensor) {
    return tensor.defined() ? tensor.to(at::kCPU) : tensor;
  };
  std::vector<Embedding> copies;
  for (const Embedding& view : views) {
    Embedding copy{here(view.online), here(view.target), {}};
    for (const at::Tensor& more : view.extra) copy.extra.push_back(here(more));
    copies.push_back(std::move(copy));
  }
  return copies;
}

}  // namespace

Trainer::Trainer(Learner& learner, data::BatchLoader& loader, const Plan& plan,
                 std::span<report::TrainObserver* const> observers, Questions questions,
                 const Position& start)
    : learner_(learner),
      loader_(loader),
      plan_(plan),
      observers_(observers.begin(), observers.end()),
      questions_(std::move(questions)),
      device_views_(plan.device, plan.type, plan.copy_batches),
      looked_in_(start.looked_in),
      step_(start.step),
      ended_at_(start.epoch_ended ? start.step : -1),
      epochs_done_(start.step / plan.steps_per_epoch),
      seconds_before_(start.seconds),
      images_(start.images) {
  seconds_.total = start.part_seconds;
  alarm_.set_signs(start.alarm_signs);
}

Position Trainer::position() const {
  return {step_,
          ended_at_ == step_,
          images_,
          seconds_.total,
          looked_in_,
          alarm_.signs(),
          seconds_before_ + now() - begin_};
}

template <class Event>
void Trainer::tell(void (report::TrainObserver::*member)(const Event&), const Event& event) {
  for (auto* observer : observers_) (observer->*member)(event);
}

template <class Event>
void Trainer::tell_of_step(void (report::TrainObserver::*member)(const Event&),
                           const Event& event) {
  const double begin = now();
  tell(member, event);
  const double seconds = now() - begin;
  seconds_.observers += seconds;
  seconds_.total += seconds;
}

report::EndReason Trainer::run(const report::RunInfo& info, const std::atomic<bool>& stop) {
  begin_ = now();
  tell(&report::TrainObserver::on_start, info);
  report::EndReason reason{};
  try {
    reason = train(stop);
    if (reason == report::EndReason::interrupted && questions_.checkpointer != nullptr)
      questions_.checkpointer->stopped(position());
  } catch (const std::exception& error) {
    // A part of the ranks saves nothing: nobody knows whether all have done the last step.
    if (questions_.checkpointer != nullptr && plan_.ranks == 1 && !learner_.torn())
      questions_.checkpointer->failed(position());
    finish(report::EndReason::failed, error.what());
    throw;
  }
  finish(reason, {});
  return reason;
}

report::EndReason Trainer::train(const std::atomic<bool>& stop) {
  const std::int64_t length = plan_.steps_per_epoch;
  while (true) {
    const bool at_end = step_ > 0 && (step_ % length == 0 || step_ >= plan_.total_steps);
    if (at_end && ended_at_ != step_) {
      const bool ended = !stop && end_epoch((step_ - 1) / length);
      if (stops(!ended)) return report::EndReason::interrupted;
    }
    if (step_ >= plan_.total_steps) return report::EndReason::finished;
    if (stops(stop)) return report::EndReason::interrupted;
    const std::int64_t epoch = step_ / length;
    ahead_.reset();
    loader_.start(epoch, step_ % length);
    const auto end = std::min((epoch + 1) * length, plan_.total_steps);
    while (step_ < end && !stops(stop)) step(epoch, step_ + 1 == end);
  }
}

PlacedBatch Trainer::next_batch(bool last_of_epoch) {
  auto batch = ahead_ ? *std::exchange(ahead_, std::nullopt) : device_views_.next(loader_);
  if (device_views_.copies() && !last_of_epoch) ahead_ = device_views_.next(loader_);
  return batch;
}

void Trainer::step(std::int64_t epoch, bool last_of_epoch) {
  const double begin = now();
  const auto batch = next_batch(last_of_epoch);
  const double data = now() - begin;
  const auto result = learn(batch.views);
  ++step_;
  images_ += static_cast<std::int64_t>(batch.samples.size()) * plan_.ranks;
  seconds_.data += data;
  seconds_.forward += result.seconds.forward;
  seconds_.backward += result.seconds.backward;
  seconds_.optimizer += result.seconds.optimizer;
  seconds_.total += now() - begin;
  follow(result, batch);
  look(result, epoch);
  if (step_ == 1 || step_ == plan_.total_steps || step_ % plan_.log_every == 0)
    report_step(result, epoch);
  save();
}

StepResult Trainer::learn(std::span<const at::Tensor> views) {
  try {
    return learner_.step(views, {step_, plan_.total_steps, plan_.steps_per_epoch});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::guard) throw;
    const auto whole = learner_.of_all_ranks(views);
    if (questions_.checkpointer != nullptr)
      questions_.checkpointer->keep_failure(position(), whole, error.what());
    // Who ends while rank 0 still writes is taken for lost, and rank 0 ended for it.
    learner_.wait_for_ranks();
    throw;
  }
}

void Trainer::save() {
  if (questions_.checkpointer == nullptr) return;
  const double begin = now();
  questions_.checkpointer->after_step(position());
  const double seconds = now() - begin;
  seconds_.checkpoint += seconds;
  seconds_.total += seconds;
}

void Trainer::follow(const StepResult& result, const PlacedBatch& batch) {
  if (questions_.follower == nullptr) return;
  const double begin = now();
  questions_.follower->after_step(
      result.latents.defined() ? result.latents.to(at::kCPU) : result.latents, batch.samples);
  const double seconds = now() - begin;
  seconds_.probe += seconds;
  seconds_.total += seconds;
}

void Trainer::look(const StepResult& result, std::int64_t epoch) {
  const bool last = step_ == plan_.total_steps;
  if (plan_.health_every < 0 || (step_ % plan_.health_every != 0 && !last)) return;
  const bool whole = last || std::exchange(looked_in_, epoch) != epoch;
  const double begin = now();
  Look seen = questions_.examine(on_cpu(result.embeddings), whole);
  report::HealthEvent health{step_, epoch + 1, std::move(seen.values)};
  health.values.push_back({"gradient_norm", learner_.gradient_norm()});
  const double seconds = now() - begin;
  seconds_.health += seconds;
  seconds_.total += seconds;
  tell_of_step(&report::TrainObserver::on_health, health);
  if (seen.matrix) {
    seen.matrix->step = step_;
    seen.matrix->epoch = epoch + 1;
    tell_of_step(&report::TrainObserver::on_matrix, *seen.matrix);
  }
  const auto alarm = alarm_.look(health);
  if (!alarm) return;
  tell_of_step(&report::TrainObserver::on_alarm, *alarm);
  if (plan_.stop_on_collapse) {
    const std::string problem = Log::join("step ", step_, ": ", alarm->sign, "; ", alarm->cause,
                                          " (guard.on_collapse = \"stop\")");
    if (questions_.checkpointer != nullptr)
      questions_.checkpointer->keep_failure(position(), {}, problem);
    throw Error(ErrorKind::guard, problem);
  }
}

void Trainer::report_step(const StepResult& result, std::int64_t epoch) {
  report::StepEvent event;
  event.step = step_;
  event.total_steps = plan_.total_steps;
  event.epoch = epoch + 1;
  event.loss = result.loss.item<double>();
  event.lr = result.lr;
  for (const auto& metric : result.metrics)
    event.metrics.push_back({metric.name, metric.value.item<double>()});
  if (questions_.follower != nullptr) {
    const auto more = questions_.follower->take_values();
    event.metrics.insert(event.metrics.end(), more.begin(), more.end());
  }
  event.images = std::exchange(images_, 0);
  event.seconds = std::exchange(seconds_, {});
  tell_of_step(&report::TrainObserver::on_step, event);
}

bool Trainer::end_epoch(std::int64_t epoch) {
  // max_steps may end the last epoch early: that one does not count.
  const bool whole = step_ == (epoch + 1) * plan_.steps_per_epoch;
  if (whole) epochs_done_ = epoch + 1;
  // Before anything is told of this end: what is saved meanwhile stands before it.
  const auto events = questions_.evaluate(epochs_done_, step_, step_ == plan_.total_steps);
  if (!events) return false;
  if (whole) tell(&report::TrainObserver::on_epoch_end, report::EpochEvent{epochs_done_, step_});
  for (const auto& event : *events) tell(&report::TrainObserver::on_evaluation, event);
  ended_at_ = step_;
  return true;
}

void Trainer::finish(report::EndReason reason, const std::string& message) {
  tell(&report::TrainObserver::on_end,
       report::EndEvent{reason, message, step_, epochs_done_, position().seconds});
}

}  // namespace tandem::train
