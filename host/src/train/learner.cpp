#include "train/learner.hpp"

#include "plugin/guard.hpp"
#include "roles/objective.hpp"
#include "roles/state.hpp"
#include "tandem/base/error.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace tandem::train {
namespace {

/// Adds the time since the last call to one of the step's parts.
class Laps {
 public:
  void end(double& part) {
    const auto now = std::chrono::steady_clock::now();
    part += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

[[noreturn]] void refuse(double loss, const StepContext& context) {
  throw Error(ErrorKind::guard, Log::join("step ", context.step + 1, ": the loss is ",
                                          std::isnan(loss) ? "nan"
                                          : loss > 0       ? "inf"
                                                           : "-inf",
                                          "; training stopped before this step changed anything. "
                                          "Try a lower optimizer.lr, a longer "
                                          "schedule.warmup_epochs, or another seed"));
}

/// BatchNorm's buffers are vectors and counters; larger ones (a target's weights) change in
/// `after_optimizer_step` alone.
void add_statistics(Stateful& object, std::vector<at::Tensor>& to) {
  for (const auto& item : state_of(object).buffers) {
    if (item.tensor.dim() <= 1) to.push_back(item.tensor);
  }
}

/// The places of views that can pass as one batch, group by group.
std::vector<std::vector<std::size_t>> alike(std::span<const at::Tensor> views,
                                            const std::vector<ViewContext>& contexts) {
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto fits = [&](const std::vector<std::size_t>& group) {
      const std::size_t j = group.front();
      return views[i].sizes() == views[j].sizes() && contexts[i].role == contexts[j].role &&
             contexts[i].needs_target == contexts[j].needs_target;
    };
    const auto found = std::find_if(groups.begin(), groups.end(), fits);
    if (found == groups.end())
      groups.push_back({i});
    else
      found->push_back(i);
  }
  return groups;
}

Embedding rows_of(const Embedding& joint, std::int64_t first, std::int64_t count) {
  const auto rows = [&](const at::Tensor& all) {
    return all.defined() ? all.narrow(0, first, count) : all;
  };
  Embedding part{rows(joint.online), rows(joint.target), {}};
  for (const at::Tensor& more : joint.extra) part.extra.push_back(rows(more));
  return part;
}

void keep_first(const at::Tensor& latents, StepResult& result) {
  if (!result.latents.defined() && latents.defined()) result.latents = latents.detach();
}

}  // namespace

Learner::Learner(LearnerParts parts) : parts_(std::move(parts)) {
  parts_.encoder->train(true);
  parts_.objective->train(true);
}

void Learner::keep_statistics() {
  statistics_.clear();
  add_statistics(*parts_.encoder, statistics_);
  add_statistics(*parts_.objective, statistics_);
  kept_.resize(statistics_.size());
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (kept_[i].defined() && kept_[i].sizes() == statistics_[i].sizes())
      kept_[i].copy_(statistics_[i]);
    else
      kept_[i] = statistics_[i].detach().clone();
  }
}

void Learner::restore_statistics() {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < kept_.size(); ++i) statistics_[i].copy_(kept_[i]);
}

void Learner::forward(std::span<const at::Tensor> views, StepResult& result) {
  result.embeddings.resize(views.size());
  if (parts_.joint) {
    for (const auto& group : alike(views, parts_.views)) forward_group(views, group, result);
    return;
  }
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto latents = parts_.objective->encode(views[i], parts_.views[i]);
    keep_first(latents.online, result);
    result.embeddings[i] = parts_.objective->embed(latents, parts_.views[i]);
  }
}

void Learner::forward_group(std::span<const at::Tensor> views,
                            const std::vector<std::size_t>& group, StepResult& result) {
  std::vector<at::Tensor> batches;
  for (const std::size_t i : group) batches.push_back(views[i]);
  const ViewContext& context = parts_.views[group.front()];
  const auto latents = parts_.objective->encode(at::cat(batches), context);
  if (latents.online.defined())
    keep_first(latents.online.narrow(0, 0, batches.front().size(0)), result);
  const auto joint = parts_.objective->embed(latents, context);
  std::int64_t first = 0;
  for (std::size_t k = 0; k < group.size(); ++k) {
    result.embeddings[group[k]] = rows_of(joint, first, batches[k].size(0));
    first += batches[k].size(0);
  }
}

void Learner::backward(const at::Tensor& total) {
  try {
    total.backward();
  } catch (...) {
    plugin::rethrow_as_error("backward through " + parts_.plugins);
  }
}

StepResult Learner::step(std::span<const at::Tensor> views, const StepContext& context) {
  roles::seed_generators(parts_.seed, "step", static_cast<std::uint64_t>(context.step));
  StepResult result;
  Laps laps;
  keep_statistics();
  forward(views, result);
  Loss loss = parts_.objective->loss(result.embeddings, context);
  for (auto& embedding : result.embeddings) embedding = roles::without_graph(embedding);
  result.loss = loss.total.detach();
  if (const double value = result.loss.item<double>(); !std::isfinite(value)) {
    restore_statistics();
    refuse(value, context);
  }
  laps.end(result.seconds.forward);

  parts_.optimizer->zero_grad();
  backward(loss.total);
  parts_.objective->after_backward(context);
  laps.end(result.seconds.backward);

  const double factor =
      parts_.schedule.factor(context.step, context.steps_per_epoch, context.total_steps);
  parts_.optimizer->step(factor);
  parts_.objective->after_optimizer_step(result.embeddings, context);
  laps.end(result.seconds.optimizer);

  result.lr = parts_.optimizer->lr() * factor;
  result.metrics = std::move(loss.metrics);
  return result;
}

}  // namespace tandem::train
