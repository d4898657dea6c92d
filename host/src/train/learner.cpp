#include "train/learner.hpp"

#include "plugin/guard.hpp"
#include "roles/objective.hpp"
#include "roles/state.hpp"
#include "tandem/base/error.hpp"
#include "train/batch_norm.hpp"
#include "train/precision.hpp"
#include "train/run_collective.hpp"
#include "train/same_together.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

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

[[noreturn]] void refuse(const StepContext& context, const std::string& what) {
  throw Error(ErrorKind::guard, Log::join("step ", context.step + 1, ": ", what,
                                          "; training stopped before this step changed anything. "
                                          "Try a lower optimizer.lr, a longer "
                                          "schedule.warmup_epochs, or another seed"));
}

std::string shown(double loss) {
  return std::isnan(loss) ? "nan" : loss > 0 ? "inf" : "-inf";
}

Embedding rows_of(const Embedding& joint, std::int64_t first, std::int64_t count) {
  const auto rows = [&](const at::Tensor& all) {
    return all.defined() ? all.narrow(0, first, count) : all;
  };
  Embedding part{rows(joint.online), rows(joint.target), {}};
  for (const at::Tensor& more : joint.extra) part.extra.push_back(rows(more));
  return part;
}

/// Of the first view that has any.
at::Tensor first_latents(std::span<const Group> groups, const std::vector<Latents>& latents) {
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const at::Tensor& online = latents[g].online;
    const auto views = static_cast<std::int64_t>(groups[g].size());
    if (online.defined()) return online.detach().narrow(0, 0, online.size(0) / views);
  }
  return {};
}

/// Tells the other ranks that this one is at a step.
class AtStep {
 public:
  explicit AtStep(Collective& collective) : ranks_(dynamic_cast<RunCollective*>(&collective)) {
    if (ranks_ != nullptr) ranks_->in_step(true);
  }
  ~AtStep() {
    if (ranks_ != nullptr) ranks_->in_step(false);
  }
  AtStep(const AtStep&) = delete;
  AtStep& operator=(const AtStep&) = delete;

 private:
  RunCollective* ranks_;
};

/// Every rank draws its own numbers, rank 0 those of a run on one.
std::string stage_of(int rank) {
  return rank == 0 ? "step" : "step of rank " + std::to_string(rank);
}

/// Replaces loss and metrics by their means over ranks.
void average(at::Tensor& loss, std::vector<Metric>& metrics, Collective& collective) {
  if (collective.size() == 1) return;
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor*> values = {&loss};
  for (Metric& metric : metrics) values.push_back(&metric.value);
  std::vector<at::Tensor> own;
  for (const at::Tensor* value : values) own.push_back(value->to(at::kCPU, at::kDouble));
  const at::Tensor means = collective.all_reduce_sum(at::stack(own)) / collective.size();
  for (std::size_t i = 0; i < values.size(); ++i)
    *values[i] = means[static_cast<std::int64_t>(i)].to(values[i]->options());
}

}  // namespace

Learner::Learner(LearnerParts parts)
    : parts_(std::move(parts)),
      mean_(*parts_.collective, parts_.optimizer->parameters(), parts_.bucket_bytes) {
  parts_.encoder->train(true);
  parts_.objective->train(true);
}

std::string Learner::difference_together(std::span<const at::Tensor> views) {
  return train::difference_together(*parts_.objective, networks(), parts_.views, views);
}

std::vector<at::Tensor> Learner::of_all_ranks(std::span<const at::Tensor> views) {
  if (parts_.collective->size() == 1) return {views.begin(), views.end()};
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> whole;
  for (const at::Tensor& view : views) whole.push_back(parts_.collective->all_gather(view));
  return whole;
}

void Learner::wait_for_ranks() {
  if (parts_.collective->size() > 1) parts_.collective->all_reduce_sum(at::zeros({1}));
}

Embedding Learner::heads(const Latents& latents, const ViewContext& context) {
  const Bfloat16 narrow(parts_.bfloat16);
  return roles::widened(parts_.objective->embed(latents, context));
}

void Learner::embed(std::span<const at::Tensor> views, std::span<const Group> groups,
                    const std::vector<Latents>& latents, StepResult& result) {
  result.embeddings.resize(views.size());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const Group& group = groups[g];
    auto joint = heads(latents[g], parts_.views[group.front()]);
    if (group.size() == 1) {
      result.embeddings[group.front()] = std::move(joint);
      continue;
    }
    const std::int64_t rows = views[group.front()].size(0);
    for (std::size_t k = 0; k < group.size(); ++k)
      result.embeddings[group[k]] = rows_of(joint, static_cast<std::int64_t>(k) * rows, rows);
  }
}

void Learner::backward(const at::Tensor& total, Encoding& encoding) {
  try {
    if (parts_.chunks == 1) {
      mean_.begin();
      return total.backward();
    }
    total.backward();
    moved_.keep(networks());
    encoding.backward();
    moved_.restore();
  } catch (...) {
    mean_.abandon();
    plugin::rethrow_as_error("backward through '" + parts_.names.objective + "' and '" +
                             parts_.names.backbone + "'");
  }
}

void Learner::require_finite_gradients(const StepContext& context) {
  if (std::isfinite(gradient_norm())) return;
  // A sum of squares may be infinite where no gradient is.
  const std::string fault = first_gradient_not_finite(*parts_.optimizer, parts_.names);
  if (!fault.empty()) refuse(context, fault);
}

void Learner::find_gradients(std::span<const at::Tensor> views, const StepContext& context,
                             StepResult& result) {
  Collective& collective = *parts_.collective;
  Laps laps;
  const auto groups = groups_of(views, parts_.views, parts_.joint);
  Encoding encoding({*parts_.objective, parts_.views, views, groups, parts_.chunks, parts_.bfloat16,
                     together_ && !parts_.joint});
  const auto& latents = encoding.forward();
  result.latents = roles::widened(first_latents(groups, latents));
  embed(views, groups, latents, result);
  Loss loss = parts_.objective->loss(result.embeddings, context);
  for (auto& embedding : result.embeddings) embedding = roles::without_graph(embedding);
  result.loss = loss.total.detach();
  result.metrics = std::move(loss.metrics);
  average(result.loss, result.metrics, collective);
  if (const double value = result.loss.item<double>(); !std::isfinite(value)) {
    before_.restore();  // what the pass did to running values is not where it began
    refuse(context, "the loss is " + shown(value) + "; first fault: " +
                        first_not_finite({views, *parts_.encoder, *parts_.objective, groups,
                                          latents, result.embeddings},
                                         parts_.names, collective));
  }
  laps.end(result.seconds.forward);

  parts_.optimizer->zero_grad();
  backward(loss.total, encoding);
  mean_.finish();
  require_finite_gradients(context);
  parts_.objective->after_backward(context);
  laps.end(result.seconds.backward);
}

StepResult Learner::step(std::span<const at::Tensor> views, const StepContext& context) {
  const AtStep at_step(*parts_.collective);
  const BatchNormOverRanks batch_norm(*parts_.collective);
  roles::seed_generators(parts_.seed, stage_of(parts_.collective->rank()),
                         static_cast<std::uint64_t>(context.step));
  StepResult result;
  before_.keep(networks());
  try {
    find_gradients(views, context, result);
  } catch (...) {
    before_.restore();
    throw;
  }
  Laps laps;
  const double factor =
      parts_.schedule.factor(context.step, context.steps_per_epoch, context.total_steps);
  torn_ = true;
  parts_.optimizer->step(factor);
  parts_.objective->after_optimizer_step(result.embeddings, context);
  torn_ = false;
  laps.end(result.seconds.optimizer);
  result.lr = parts_.optimizer->lr() * factor;
  return result;
}

}  // namespace tandem::train
