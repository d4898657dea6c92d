#include "tandem/host/learner.hpp"

#include "checkpoint/weights.hpp"
#include "embed/encoders.hpp"
#include "roles/objective.hpp"
#include "tandem/base/error.hpp"
#include "train/parameter_groups.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/engine.h>

#include <algorithm>

namespace tandem::host {
namespace {

[[noreturn]] void misused(const std::string& message) {
  throw Error(ErrorKind::usage, message);
}

std::vector<ViewContext> contexts_of(const std::vector<View>& views) {
  std::vector<ViewContext> contexts;
  for (const View& view : views)
    contexts.push_back({static_cast<int>(contexts.size()), static_cast<int>(views.size()),
                        view.role, view.target});
  return contexts;
}

Log& log_of(const LearnerOptions& options) {
  return options.log != nullptr ? *options.log : null_log();
}

std::unique_ptr<Objective> make_objective(const LearnerOptions& options, plugin::Catalog& catalog,
                                          const Encoders& encoders, at::Device device,
                                          at::ScalarType type) {
  const auto lock = lock_plugins();
  const auto chosen = choose_plugin<ObjectiveFactory>(catalog, Role::objective, options.objective,
                                                      options.parameters);
  ObjectiveContext context;
  context.encoder = encoders.online;
  context.new_encoder = encoders.another;
  context.collective = options.collective != nullptr ? options.collective : &single_rank();
  context.log = &log_of(options);
  context.views = static_cast<int>(options.views.size());
  context.global_batch = options.global_batch;
  context.steps_per_epoch = options.steps_per_epoch;
  context.total_steps = options.total_steps;
  context.device = device;
  auto objective = roles::make_objective(chosen.found, chosen.values, context);
  objective->to(device, type);
  return objective;
}

/// The floating-point type that a model's latents have, as far as its parameters tell.
at::ScalarType type_of(Encoder& encoder, const at::Tensor& sample) {
  for (const auto& item : state_of(encoder).parameters)
    if (item.tensor.is_floating_point()) return item.tensor.scalar_type();
  return sample.is_floating_point() ? sample.scalar_type() : at::kFloat;
}

}  // namespace

struct [[gnu::visibility("hidden")]] Learner::Impl {
  Impl(const LearnerOptions& options, plugin::Catalog& catalog, const Encoders& made,
       at::Device device, at::ScalarType type);

  StepContext step() const {
    return {steps.item<std::int64_t>(), total_steps, steps_per_epoch};
  }
  void require_views(std::size_t count) const;
  void require_one_batch(const std::vector<Latents>& latents) const;
  std::vector<Embedding> embed(const std::vector<Latents>& latents) const;
  at::Tensor loss(const std::vector<Embedding>& embeddings, const std::shared_ptr<Impl>& self);
  void after_backward(const at::Tensor& total, const std::shared_ptr<Impl>& self) const;

  std::shared_ptr<Encoder> encoder;
  std::unique_ptr<Objective> objective;
  std::vector<train::TrainedParameter> trained;
  std::vector<ViewContext> views;
  std::int64_t steps_per_epoch, total_steps;
  at::Tensor steps = at::zeros({}, at::kLong);
  std::vector<Metric> metrics;
  std::vector<Embedding> pending;  // of the last loss, until its step is done
};

Learner::Impl::Impl(const LearnerOptions& options, plugin::Catalog& catalog, const Encoders& made,
                    at::Device device, at::ScalarType type)
    : encoder(made.online),
      objective(make_objective(options, catalog, made, device, type)),
      trained(train::trained_parameters(*encoder, *objective)),
      views(contexts_of(options.views)),
      steps_per_epoch(options.steps_per_epoch),
      total_steps(options.total_steps) {}

void Learner::Impl::require_views(std::size_t count) const {
  if (count == views.size()) return;
  misused(Log::join("the learner was made for ", views.size(), " views and got ", count,
                    "; set LearnerOptions::views"));
}

/// The views of a batch show the same samples.
void Learner::Impl::require_one_batch(const std::vector<Latents>& latents) const {
  std::int64_t samples = -1;
  for (std::size_t i = 0; i < latents.size(); ++i) {
    for (const auto& tensor : {latents[i].online, latents[i].target}) {
      if (!tensor.defined()) continue;
      if (samples < 0) samples = tensor.size(0);
      if (tensor.size(0) == samples) continue;
      misused(Log::join("view ", i + 1, " has ", tensor.size(0), " samples, but view 1 has ",
                        samples, "; all views of a batch show the same samples"));
    }
  }
}

std::vector<Embedding> Learner::Impl::embed(const std::vector<Latents>& latents) const {
  require_one_batch(latents);
  std::vector<Embedding> embeddings;
  for (std::size_t i = 0; i < latents.size(); ++i) {
    embeddings.push_back(objective->embed(latents[i], views[i]));
  }
  return embeddings;
}

at::Tensor Learner::Impl::loss(const std::vector<Embedding>& embeddings,
                               const std::shared_ptr<Impl>& self) {
  Loss result = objective->loss(embeddings, step());
  metrics = std::move(result.metrics);
  if (!at::GradMode::is_enabled()) return result.total;
  pending.clear();
  for (const auto& embedding : embeddings) pending.push_back(roles::without_graph(embedding));
  after_backward(result.total, self);
  return result.total;
}

/// Calls the objective's hook at the end of `total`'s backward pass, whoever starts that.
void Learner::Impl::after_backward(const at::Tensor& total,
                                   const std::shared_ptr<Impl>& self) const {
  const auto at_the_end = [weak = std::weak_ptr<Impl>(self), context = step()] {
    if (const auto impl = weak.lock()) impl->objective->after_backward(context);
  };
  total.register_hook([at_the_end](const at::Tensor&) {
    torch::autograd::Engine::get_default_engine().queue_callback(at_the_end);
  });
}

Learner::Learner(const Model& model, const Layer& layer, const LearnerOptions& options,
                 const at::Tensor& sample) {
  auto catalog = search_plugins(options.plugins, log_of(options));
  const auto encoders =
      make_encoders(model, layer, {options.pool, &catalog, &log_of(options)}, sample);
  impl_ = std::make_shared<Impl>(options, catalog, encoders, sample.device(),
                                 type_of(*encoders.online, sample));
}

Learner::Learner(std::int64_t width, const LearnerOptions& options) {
  auto catalog = search_plugins(options.plugins, log_of(options));
  impl_ = std::make_shared<Impl>(options, catalog, latents_only(width), at::kCPU, at::kFloat);
}

Learner::~Learner() = default;
Learner::Learner(Learner&& other) noexcept = default;
Learner& Learner::operator=(Learner&& other) noexcept = default;

at::Tensor Learner::operator()(std::span<const at::Tensor> views) {
  impl_->require_views(views.size());
  std::vector<Latents> latents;
  for (std::size_t i = 0; i < views.size(); ++i) {
    latents.push_back(impl_->objective->encode(views[i], impl_->views[i]));
  }
  return impl_->loss(impl_->embed(latents), impl_);
}

at::Tensor Learner::from_latents(std::span<const Latents> latents) {
  impl_->require_views(latents.size());
  for (std::size_t i = 0; i < latents.size(); ++i) {
    const auto& online = latents[i].online;
    if (!online.defined() || online.dim() != 2 || online.size(1) != width()) {
      misused(Log::join("view ", i + 1, ": latents of shape (N, ", width(), ") are expected, not ",
                        online.defined() ? Log::join(online.sizes()) : "undefined ones"));
    }
  }
  return impl_->loss(impl_->embed({latents.begin(), latents.end()}), impl_);
}

at::Tensor Learner::from_latents(const std::vector<at::Tensor>& latents) {
  std::vector<Latents> views;
  for (const auto& tensor : latents) views.push_back({tensor, {}});
  return from_latents(views);
}

void Learner::step_done() {
  if (impl_->pending.empty())
    misused("step_done() was called, but there was no loss since the last step");
  const auto embeddings = std::exchange(impl_->pending, {});
  impl_->objective->after_optimizer_step(embeddings, impl_->step());
  impl_->steps.add_(1);
}

std::int64_t Learner::steps() const {
  return impl_->steps.item<std::int64_t>();
}

const std::vector<Metric>& Learner::metrics() const {
  return impl_->metrics;
}

double Learner::metric(std::string_view name) const {
  Strings names;
  for (const auto& metric : impl_->metrics) {
    if (metric.name == name) return metric.value.item<double>();
    names.push_back(metric.name);
  }
  std::string list;
  for (const auto& known : names) list += (list.empty() ? "" : ", ") + known;
  misused(Log::join("the last loss reported no metric '", name,
                    "'; there are: ", list.empty() ? "none" : list));
}

std::vector<Parameter> Learner::named_parameters() const {
  std::vector<Parameter> parameters;
  for (const auto& item : impl_->trained)
    parameters.push_back({item.name, item.tensor, item.is_bias_or_norm, item.constant_lr});
  return parameters;
}

std::vector<at::Tensor> Learner::parameters() const {
  std::vector<at::Tensor> tensors;
  for (const auto& parameter : impl_->trained) tensors.push_back(parameter.tensor);
  return tensors;
}

at::Tensor Learner::latents(const at::Tensor& view) {
  return (*impl_->encoder)(view);
}
std::int64_t Learner::width() const {
  return impl_->encoder->width();
}

void Learner::train(bool on) {
  impl_->encoder->train(on);
  impl_->objective->train(on);
}

void Learner::to(at::Device device, at::ScalarType type) {
  impl_->encoder->to(device, type);
  impl_->objective->to(device, type);
  impl_->trained = train::trained_parameters(*impl_->encoder, *impl_->objective);
}

void Learner::visit(StateVisitor& visitor) {
  visit_as(*impl_->encoder, visitor, "backbone.");
  visit_as(*impl_->objective, visitor, "objective.");
  visitor.buffer("steps", impl_->steps);
}

void Learner::save(const std::filesystem::path& file) {
  checkpoint::save_weights(file, *this);
}

void Learner::load(const std::filesystem::path& file) {
  checkpoint::load_weights(file, *this);
  impl_->pending.clear();
}

}  // namespace tandem::host
