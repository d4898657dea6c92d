#include "run/learning.hpp"

#include "roles/state.hpp"
#include "run/passes.hpp"
#include "run/view_widths.hpp"
#include "tandem/base/error.hpp"
#include "train/parameter_groups.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tandem::run {

train::Plan make_plan(const config::Config& config, std::int64_t steps_per_epoch) {
  train::Plan plan;
  plan.epochs = config.train.epochs;
  plan.steps_per_epoch = steps_per_epoch;
  plan.total_steps = plan.epochs * steps_per_epoch;
  if (config.train.max_steps > 0)
    plan.total_steps = std::min(plan.total_steps, config.train.max_steps);
  plan.log_every = config.train.log_every;
  plan.health_every = config.eval.health_every;
  plan.stop_on_collapse = config.guard.on_collapse == "stop";
  plan.type = precision(config.run);
  return plan;
}

namespace {

void require_equal_parts(const config::TrainSection& train, int ranks) {
  if (train.batch_size % (train.accumulate * ranks) != 0)
    throw Error(
        ErrorKind::config,
        Log::join("train.batch_size is ", train.batch_size, ", which cannot be shared by ", ranks,
                  " ranks in ", train.accumulate, " equal chunks each (train.accumulate)"));
  // The heads get a rank's part whole, whatever its chunks; BatchNorm's modules refuse one row.
  if (ranks > 1 && train.batch_size == ranks)
    throw Error(ErrorKind::config, Log::join("train.batch_size is ", train.batch_size,
                                             ", a single picture for each of ", ranks,
                                             " ranks: each needs two or more, so ", 2 * ranks,
                                             " at least, or fewer ranks"));
}

}  // namespace

Learning::Learning(const config::Config& config, plugin::Catalog& catalog,
                   const std::vector<data::Shape>& shapes, const train::Plan& plan,
                   const InitialWeights& initial, Log& log, Collective& collective)
    : config_(config),
      catalog_(catalog),
      log_(log),
      collective_(collective),
      encoders_(config, catalog, shapes.front(), log),
      encoder_(encoders_.make("backbone")),
      learner_(parts(shapes, plan, initial)),
      passes_(settle_passes(config, learner_, shapes, plan, collective, log)) {
  learner_.pass_together(passes_ == "together");
}

ObjectiveContext Learning::objective_context(const train::Plan& plan, int views) {
  ObjectiveContext context;
  context.encoder = encoder_;
  context.new_encoder = [this, device = plan.device, type = plan.type](Init init) {
    auto made = encoders_.make("target " + std::to_string(targets_++));
    if (init == Init::copy) roles::copy_by_name(*made, *encoder_);
    made->to(device, type);
    return made;
  };
  context.device = plan.device;
  context.collective = &collective_;
  context.log = &log_;
  context.views = views;
  context.global_batch = config_.train.batch_size;
  context.steps_per_epoch = plan.steps_per_epoch;
  context.total_steps = plan.total_steps;
  return context;
}

train::LearnerParts Learning::parts(const std::vector<data::Shape>& shapes, const train::Plan& plan,
                                    const InitialWeights& initial) {
  require_equal_parts(config_.train, collective_.size());
  initial_ = load_initial_weights(initial, *encoder_, log_);
  check_view_widths(*encoder_, shapes, plan.type);
  encoder_->to(plan.device, plan.type);
  auto objective =
      make_objective(config_, catalog_, objective_context(plan, static_cast<int>(shapes.size())));
  auto parameters = train::trained_parameters(*encoder_, *objective);
  for (const auto& parameter : parameters) parameter_count_ += parameter.tensor.numel();
  return {encoder_,
          std::move(objective),
          make_optimizer(config_, std::move(parameters)),
          make_schedule(config_.schedule),
          view_contexts(config_),
          {config_.backbone.id, config_.objective.id, view_operations(config_)},
          static_cast<std::uint64_t>(config_.run.seed),
          config_.train.views == "joint",
          config_.train.accumulate,
          &collective_,
          config_.run.precision == "bfloat16"};
}

}  // namespace tandem::run
