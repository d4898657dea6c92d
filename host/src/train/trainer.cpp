#include "train/trainer.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace tandem::train {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

std::vector<at::Tensor> view_tensors(const data::Batch& batch, at::ScalarType type) {
  std::vector<at::Tensor> tensors;
  for (const auto& view : batch.views) {
    const auto packed =
        at::from_blob(view.data, {batch.size, view.height, view.width, view.channels}, at::kFloat);
    tensors.push_back(packed.permute({0, 3, 1, 2}).to(type));
  }
  return tensors;
}

Trainer::Trainer(Learner& learner, data::BatchLoader& loader, const Plan& plan,
                 std::span<report::TrainObserver* const> observers, Questions questions)
    : learner_(learner),
      loader_(loader),
      plan_(plan),
      observers_(observers.begin(), observers.end()),
      questions_(std::move(questions)) {}

template <class Event>
void Trainer::tell(void (report::TrainObserver::*member)(const Event&), const Event& event) {
  for (auto* observer : observers_) (observer->*member)(event);
}

report::EndReason Trainer::run(const report::RunInfo& info, const std::atomic<bool>& stop) {
  const double begin = now();
  tell(&report::TrainObserver::on_start, info);
  report::EndReason reason{};
  try {
    reason = train(stop);
  } catch (const std::exception& error) {
    finish(report::EndReason::failed, error.what(), now() - begin);
    throw;
  }
  finish(reason, {}, now() - begin);
  return reason;
}

report::EndReason Trainer::train(const std::atomic<bool>& stop) {
  for (std::int64_t epoch = 0; step_ < plan_.total_steps; ++epoch) {
    loader_.start(epoch);
    const auto end = std::min(step_ + plan_.steps_per_epoch, plan_.total_steps);
    while (step_ < end && !stop) step(epoch);
    if (stop) return report::EndReason::interrupted;
    end_epoch(epoch);
  }
  return report::EndReason::finished;
}

void Trainer::step(std::int64_t epoch) {
  const double begin = now();
  const auto& batch = loader_.next();
  const double data = now() - begin;
  const auto views = view_tensors(batch, plan_.type);
  const auto result = learner_.step(views, {step_, plan_.total_steps, plan_.steps_per_epoch});
  ++step_;
  images_ += batch.size;
  seconds_.data += data;
  seconds_.forward += result.seconds.forward;
  seconds_.backward += result.seconds.backward;
  seconds_.optimizer += result.seconds.optimizer;
  seconds_.total += now() - begin;
  follow(result, batch);
  look(result, epoch);
  if (step_ == 1 || step_ == plan_.total_steps || step_ % plan_.log_every == 0)
    report_step(result, epoch);
}

void Trainer::follow(const StepResult& result, const data::Batch& batch) {
  if (questions_.follower == nullptr) return;
  const double begin = now();
  questions_.follower->after_step(result.latents, batch.samples);
  const double seconds = now() - begin;
  seconds_.probe += seconds;
  seconds_.total += seconds;
}

void Trainer::look(const StepResult& result, std::int64_t epoch) {
  const bool last = step_ == plan_.total_steps;
  if (plan_.health_every < 0 || (step_ % plan_.health_every != 0 && !last)) return;
  const bool whole = last || std::exchange(looked_in_, epoch) != epoch;
  const double begin = now();
  Look seen = questions_.examine(result.embeddings, whole);
  report::HealthEvent health{step_, epoch + 1, std::move(seen.values)};
  health.values.push_back({"gradient_norm", learner_.gradient_norm()});
  const double seconds = now() - begin;
  seconds_.health += seconds;
  seconds_.total += seconds;
  tell(&report::TrainObserver::on_health, health);
  if (seen.matrix) {
    seen.matrix->step = step_;
    seen.matrix->epoch = epoch + 1;
    tell(&report::TrainObserver::on_matrix, *seen.matrix);
  }
  const auto alarm = alarm_.look(health);
  if (!alarm) return;
  tell(&report::TrainObserver::on_alarm, *alarm);
  if (plan_.stop_on_collapse) {
    throw Error(ErrorKind::guard, Log::join("step ", step_, ": ", alarm->sign, "; ", alarm->cause,
                                            " (guard.on_collapse = \"stop\")"));
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
  tell(&report::TrainObserver::on_step, event);
}

void Trainer::end_epoch(std::int64_t epoch) {
  // max_steps may end the last epoch early: that one does not count.
  if (step_ == (epoch + 1) * plan_.steps_per_epoch) {
    epochs_done_ = epoch + 1;
    tell(&report::TrainObserver::on_epoch_end, report::EpochEvent{epochs_done_, step_});
  }
  for (const auto& event : questions_.evaluate(epochs_done_, step_, step_ == plan_.total_steps)) {
    tell(&report::TrainObserver::on_evaluation, event);
  }
}

void Trainer::finish(report::EndReason reason, const std::string& message, double seconds) {
  tell(&report::TrainObserver::on_end,
       report::EndEvent{reason, message, step_, epochs_done_, seconds});
}

}  // namespace tandem::train
