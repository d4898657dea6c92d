#include "conformance/trial.hpp"

#include "conformance/values.hpp"
#include "roles/state.hpp"
#include "tandem/sdk/module.hpp"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace tandem::conformance {
namespace {

constexpr std::int64_t channels = 3, side = 2, latent_width = 6;

class SmallEncoder final : public WithModules<Encoder> {
 public:
  SmallEncoder()
      : norm_(add("norm", torch::nn::BatchNorm2d(channels))),
        linear_(add("linear", torch::nn::Linear(channels * side * side, latent_width))) {}
  at::Tensor operator()(const at::Tensor& view) override { return linear_(norm_(view).flatten(1)); }
  std::int64_t width() const override { return latent_width; }

 private:
  torch::nn::BatchNorm2d norm_;
  torch::nn::Linear linear_;
};

ObjectiveContext context_of(const Subject& subject, const TrialOptions& options,
                            const std::shared_ptr<Encoder>& encoder) {
  ObjectiveContext context;
  context.encoder = encoder;
  context.new_encoder = [encoder, type = options.type](Init init) {
    auto made = small_encoder(type);
    if (init == Init::copy) roles::copy_by_name(*made, *encoder);
    return made;
  };
  context.collective = options.collective == nullptr ? &single_rank() : options.collective;
  context.log = subject.log == nullptr ? &null_log() : subject.log;
  context.views = options.views;
  context.global_batch = options.batch;
  context.steps_per_epoch = std::min<std::int64_t>(10, options.total_steps);
  context.total_steps = options.total_steps;
  return context;
}

/// Small where the plugin can be made so, else with its defaults.
std::unique_ptr<Objective> make(const Subject& subject, const ObjectiveContext& context) {
  const auto make_with = [&](const ParamValues& values) {
    return plugin_call("construction", [&] {
      return subject.factory_as<ObjectiveFactory>().create(values, context);
    });
  };
  try {
    return make_with(small_values(subject));
  } catch (const Violation&) {
    return make_with(default_values(subject));
  }
}

}  // namespace

std::shared_ptr<Encoder> small_encoder(at::ScalarType type) {
  auto encoder = std::make_shared<SmallEncoder>();
  encoder->to(at::kCPU, type);
  return encoder;
}

Trial::Trial(const Subject& subject, const TrialOptions& options)
    : seed_(subject.seed), options_(options) {
  seed("encoder", options.variant);
  encoder_ = small_encoder(options.type);
  seed("objective", options.variant);
  objective_ = make(subject, context_of(subject, options, encoder_));
  expect(objective_ != nullptr, "the factory made nothing");
  to(options.type);
  train(true);
}

std::vector<at::Tensor> Trial::views(std::uint64_t index) const {
  constexpr std::uint64_t most_views = 16;
  const std::vector<std::int64_t> shape = {options_.batch, channels, side, side};
  const std::uint64_t first = (seed_ * 1009 + index) * most_views;
  const at::Tensor base = normals(shape, first, options_.type);
  std::vector<at::Tensor> all;
  for (int i = 0; i < options_.views; ++i) {
    const auto salt = first + 1 + static_cast<std::uint64_t>(i);
    all.push_back(base + 0.5 * normals(shape, salt, options_.type));
  }
  return all;
}

std::vector<Latents> Trial::latents(std::uint64_t index) {
  const at::NoGradGuard no_grad;
  const auto pictures = views(index);
  seed("latents", index);
  std::vector<Latents> all;
  for (std::size_t i = 0; i < pictures.size(); ++i) all.push_back(encode(pictures[i], i));
  expect(std::any_of(all.begin(), all.end(), [](const auto& one) { return one.online.defined(); }),
         "encode gave no online latents for any view");
  return all;
}

void Trial::seed(std::string_view stage, std::uint64_t index) const {
  roles::seed_generators(seed_, std::string(stage), index);
}

ViewContext Trial::view_context(std::size_t index) const {
  return {static_cast<int>(index), options_.views, "", true};
}

StepContext Trial::step_context(std::int64_t step) const {
  return {step, options_.total_steps, std::min<std::int64_t>(10, options_.total_steps)};
}

Latents Trial::encode(const at::Tensor& view, std::size_t index) {
  Latents latents =
      plugin_call("encode", [&] { return objective_->encode(view, view_context(index)); });
  expect(latents.online.defined() || latents.target.defined(),
         "encode gave neither online nor target latents");
  return latents;
}

Embedding Trial::embed(const Latents& latents, std::size_t index) {
  return plugin_call("embed", [&] { return objective_->embed(latents, view_context(index)); });
}

std::vector<Embedding> Trial::embed_all(const std::vector<Latents>& latents) {
  std::vector<Embedding> all;
  for (std::size_t i = 0; i < latents.size(); ++i) all.push_back(embed(latents[i], i));
  return all;
}

std::vector<Embedding> Trial::forward(const std::vector<at::Tensor>& views) {
  std::vector<Embedding> all;
  for (std::size_t i = 0; i < views.size(); ++i) all.push_back(embed(encode(views[i], i), i));
  return all;
}

Loss Trial::loss(std::span<const Embedding> views, std::int64_t step) {
  Loss loss = plugin_call("loss", [&] { return objective_->loss(views, step_context(step)); });
  expect(loss.total.defined(), "Loss::total is an undefined tensor");
  expect(loss.total.dim() == 0, "Loss::total has the shape ", loss.total.sizes(),
         "; a tensor of no dimension is expected");
  expect(!at::GradMode::is_enabled() || loss.total.requires_grad(),
         "Loss::total carries no gradient");
  return loss;
}

void Trial::backward(const at::Tensor& total) {
  for (auto& [name, tensor] : parameters()) tensor.mutable_grad().reset();
  plugin_call("backward", [&] { total.backward(); });
}

void Trial::after_optimizer_step(std::span<const Embedding> views, std::int64_t step) {
  plugin_call("after_optimizer_step",
              [&] { objective_->after_optimizer_step(views, step_context(step)); });
}

std::vector<NamedTensor> Trial::parameters() {
  auto all = state_of(*encoder_).parameters;
  if (!objective_) return all;
  for (auto& item : plugin_call("visit", [&] { return state_of(*objective_); }).parameters)
    all.push_back(std::move(item));
  return all;
}

void Trial::descend(double lr) {
  const at::NoGradGuard no_grad;
  const auto all = parameters();
  double square = 0;
  for (const auto& item : all) {
    if (item.tensor.grad().defined())
      square += std::pow(item.tensor.grad().norm().item<double>(), 2);
  }
  const double factor = lr / std::max(1.0, std::sqrt(square));
  for (const auto& item : all) {
    if (item.tensor.grad().defined()) item.tensor.sub_(item.tensor.grad(), factor);
  }
}

at::Tensor Trial::step(std::uint64_t index, double lr) {
  seed("step", index);
  const auto number = static_cast<std::int64_t>(index);
  const auto embeddings = forward(views(index));
  const at::Tensor total = loss(embeddings, number).total;
  backward(total);
  plugin_call("after_backward", [&] { objective_->after_backward(step_context(number)); });
  descend(lr);
  after_optimizer_step(embeddings, number);
  return total.detach();
}

void Trial::train(bool on) {
  encoder_->train(on);
  plugin_call("train", [&] { objective_->train(on); });
}

void Trial::to(at::ScalarType type) {
  options_.type = type;
  encoder_->to(at::kCPU, type);
  plugin_call("to", [&] { objective_->to(at::kCPU, type); });
}

Snapshot Trial::state() {
  Snapshot all = snapshot(*encoder_);
  for (auto& item : snapshot(*objective_)) all.push_back(std::move(item));
  return all;
}

void Trial::take_state(Trial& other) {
  restore(*encoder_, snapshot(*other.encoder_));
  restore(*objective_, snapshot(*other.objective_));
}

}  // namespace tandem::conformance
