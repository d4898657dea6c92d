#include "run/model.hpp"

#include "plugin/augmentation.hpp"
#include "roles/backbone.hpp"
#include "roles/objective.hpp"
#include "roles/state.hpp"
#include "tandem/base/error.hpp"

#include <ATen/ops/zeros.h>

namespace tandem::run {
namespace {

template <class Options>
Options common(const config::OptimizerCommon& params) {
  Options options;
  options.lr = params.lr;
  options.bias_lr = params.bias_lr;
  options.lr_per = static_cast<std::int64_t>(params.lr_per);
  options.weight_decay = params.weight_decay;
  options.decay_bias_norm = params.decay_bias_norm;
  return options;
}

train::AdamOptions adam(const config::AdamParams& params, bool decoupled) {
  auto options = common<train::AdamOptions>(params);
  options.beta1 = params.beta1;
  options.beta2 = params.beta2;
  options.eps = params.eps;
  options.decoupled = decoupled;
  return options;
}

train::SgdOptions sgd(const config::SgdParams& params) {
  auto options = common<train::SgdOptions>(params);
  options.momentum = params.momentum;
  options.nesterov = params.nesterov;
  return options;
}

train::ScheduleOptions common(const config::ScheduleCommon& params, train::Decay decay) {
  train::ScheduleOptions options;
  options.decay = decay;
  options.per_epoch = params.per == "epoch";
  options.warmup_epochs = params.warmup_epochs;
  options.warmup_start = params.warmup_start;
  return options;
}

train::LarsOptions lars(const config::LarsParams& params) {
  auto options = common<train::LarsOptions>(params);
  options.momentum = params.momentum;
  options.eta = params.eta;
  options.dialect = params.dialect == "solo"      ? train::LarsDialect::solo
                    : params.dialect == "lightly" ? train::LarsDialect::lightly
                                                  : train::LarsDialect::official;
  options.clip_lr = params.clip_lr;
  return options;
}

}  // namespace

config::SchemaLookup schema_lookup(plugin::Catalog& catalog) {
  return [&catalog](Role role, const std::string& id) -> const Schema& {
    const auto found = catalog.find(role, id);
    config::check_schema(found.factory->schema(), std::string(role_name(role)) + " '" + id + "'");
    return found.factory->schema();
  };
}

std::vector<data::ViewSpec> make_views(const config::Config& config, plugin::Catalog& catalog) {
  std::vector<data::ViewSpec> views;
  for (const auto& view : config.views) {
    data::ViewSpec spec;
    for (const auto& op : view.ops) {
      const auto found = catalog.find_as<AugmentationFactory>(Role::augmentation, op.id);
      spec.ops.push_back(plugin::make_augmentation(found, op.values));
    }
    views.insert(views.end(), static_cast<std::size_t>(view.host.count), spec);
  }
  return views;
}

std::vector<ViewContext> view_contexts(const config::Config& config) {
  std::vector<ViewContext> contexts;
  for (const auto& view : config.views) {
    for (int i = 0; i < view.host.count; ++i)
      contexts.push_back({0, 0, view.host.role, view.host.target});
  }
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    contexts[i].index = static_cast<int>(i);
    contexts[i].count = static_cast<int>(contexts.size());
  }
  return contexts;
}

std::vector<std::string> view_operations(const config::Config& config) {
  std::vector<std::string> views;
  for (const auto& view : config.views) {
    std::string words;
    for (const auto& op : view.ops) words += (words.empty() ? "" : ", ") + op.id;
    views.insert(views.end(), static_cast<std::size_t>(view.host.count), words);
  }
  return views;
}

at::ScalarType precision(const config::RunSection& section) {
  return section.precision == "float64" ? at::kDouble : at::kFloat;
}

std::shared_ptr<roles::HostEncoder> EncoderMaker::make(const std::string& stage) const {
  roles::seed_generators(static_cast<std::uint64_t>(config_.run.seed), stage);
  const auto found = catalog_.find_as<BackboneFactory>(Role::backbone, config_.backbone.id);
  const BackboneContext context{config_.backbone_host.tap, shape_.channels,
                                config_.backbone_host.trust, &log_};
  auto backbone = roles::make_backbone(found, config_.backbone.values, context);
  const auto type = precision(config_.run);
  backbone->to(at::kCPU, type);
  const bool contiguous = config_.run.layout == "contiguous";
  if (!contiguous) roles::to_channels_last(*backbone);
  const auto sample = at::zeros({2, shape_.channels, shape_.height, shape_.width}, at::dtype(type));
  auto encoder = std::make_shared<roles::HostEncoder>(
      std::move(backbone), roles::Pooling(config_.backbone_host.pool), sample, log_);
  if (contiguous) encoder->hand_on_contiguous();
  return encoder;
}

std::unique_ptr<Objective> make_objective(const config::Config& config, plugin::Catalog& catalog,
                                          ObjectiveContext context) {
  roles::seed_generators(static_cast<std::uint64_t>(config.run.seed), "objective");
  const auto found = catalog.find_as<ObjectiveFactory>(Role::objective, config.objective.id);
  auto objective = roles::make_objective(found, config.objective.values, context);
  objective->to(context.device, precision(config.run));
  return objective;
}

std::unique_ptr<train::Optimizer> make_optimizer(const config::Config& config,
                                                 std::vector<train::TrainedParameter> parameters) {
  const auto& chosen = config.optimizer;
  const std::int64_t batch = config.train.batch_size;
  if (chosen.id == "sgd")
    return train::make_optimizer(std::move(parameters), sgd(chosen.params<config::SgdParams>()),
                                 batch);
  if (chosen.id == "lars")
    return train::make_optimizer(std::move(parameters), lars(chosen.params<config::LarsParams>()),
                                 batch);
  if (chosen.id == "adamw") {
    return train::make_optimizer(std::move(parameters),
                                 adam(chosen.params<config::AdamwParams>(), true), batch);
  }
  return train::make_optimizer(std::move(parameters),
                               adam(chosen.params<config::AdamParams>(), false), batch);
}

train::Schedule make_schedule(const config::Component& component) {
  if (component.id == "cosine") {
    const auto params = component.params<config::CosineSchedule>();
    auto options = common(params, train::Decay::cosine);
    options.final = params.final;
    return train::Schedule(options);
  }
  if (component.id == "step") {
    const auto params = component.params<config::StepSchedule>();
    auto options = common(params, train::Decay::step);
    options.milestones = params.milestones;
    options.gamma = params.gamma;
    return train::Schedule(options);
  }
  return train::Schedule(
      common(component.params<config::ConstantSchedule>(), train::Decay::constant));
}

}  // namespace tandem::run
