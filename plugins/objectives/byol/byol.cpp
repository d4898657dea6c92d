#include "common/views.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/module.hpp"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tandem::byol {
namespace {

struct Params {
  Integers projector = {4096, 256};
  std::int64_t predictor_hidden = 4096;
  bool hidden_bias = true;
  bool last_bias = false;
  double tau = 0.996;
  std::string tau_schedule = "cosine";
  std::string target_init = "copy";
  double scale = 1;

  static void declare(Fields<Params>& f) {
    f("projector", &Params::projector, "widths of the projector, after the latent width")
        .count(1, 16)
        .range(1, 65536);
    f("predictor_hidden", &Params::predictor_hidden, "width of the predictor's hidden layer")
        .range(1, 65536);
    f("hidden_bias", &Params::hidden_bias,
      "biases in the hidden layers of projector and predictor");
    f("last_bias", &Params::last_bias, "biases in the last layers of projector and predictor");
    f("tau", &Params::tau,
      "share of itself that the target keeps in a step, at the first one; 0.97 for 40 epochs, "
      "0.99 for 100 to 300, 0.996 for 1000")
        .range(0, 1);
    f("tau_schedule", &Params::tau_schedule,
      "tau rises to 1 as a half cosine over the run, or stays")
        .choices({"cosine", "constant"});
    f("target_init", &Params::target_init,
      "the target starts as a copy of the online network, or with its own weights")
        .choices({"copy", "fresh"});
    f("scale", &Params::scale, "factor of the whole loss").above(0);
  }
};

MlpOptions head(const Params& params, std::int64_t input, const Integers& widths) {
  MlpOptions options;
  options.input = input;
  options.widths = widths;
  options.hidden_bias = params.hidden_bias;
  options.last_bias = params.last_bias;
  return options;
}

/// A head as `ema_update` wants it.
class Head final : public WithModules<Stateful> {
 public:
  explicit Head(torch::nn::Sequential mlp) { add("", std::move(mlp)); }
};

class Byol final : public ModuleObjective {
 public:
  using Params = byol::Params;

  Byol(const Params& params, const ObjectiveContext& context)
      : ModuleObjective(context),
        params_(params),
        projector_(
            add("projector", make_mlp(head(params, context.encoder->width(), params.projector)))),
        predictor_(
            add("predictor", make_mlp(head(params, params.projector.back(),
                                           {params.predictor_hidden, params.projector.back()})))) {
    views::require_two("byol", static_cast<std::size_t>(context.views));
    if (params.tau_schedule == "cosine" && context.total_steps <= 0) {
      throw Error(ErrorKind::config,
                  "byol: tau_schedule = \"cosine\" needs the number of steps of the run: say how "
                  "many (in a loop of your own LearnerOptions::total_steps), or set tau_schedule = "
                  "\"constant\"");
    }
    make_target();
  }

  Latents encode(const at::Tensor& view, const ViewContext& view_context) override {
    Latents latents = Objective::encode(view, view_context);
    if (view_context.needs_target) {
      const at::NoGradGuard no_grad;
      latents.target = (*target_encoder_)(view);
    }
    return latents;
  }

  Embedding embed(const Latents& latents, const ViewContext&) override {
    Embedding embedding;
    embedding.online = predictor_->forward(projector_->forward(latents.online));
    if (latents.target.defined()) {
      const at::NoGradGuard no_grad;
      embedding.target = target_projector_->forward(latents.target);
    }
    return embedding;
  }

  Loss loss(std::span<const Embedding> views, const StepContext& step) override {
    const auto pairs = views::predictions("byol", views);
    const auto [p, z] = views::directions(views, views::l2_normalise);
    std::vector<at::Tensor> distances;
    std::vector<at::Tensor> cosines;
    for (const auto& [i, j] : pairs) {
      distances.push_back((p[i] - z[j]).square().sum(1).mean());
      cosines.push_back((p[i] * z[j]).detach().sum(1).mean());
    }
    return {
        at::stack(distances).mean() * (2 * params_.scale),
        {{"tau", at::full({}, tau(step), p[pairs.front().online].options().requires_grad(false))},
         {"z_std", views::spread(z)},
         {"cosine", at::stack(cosines).mean()}}};
  }

  void after_optimizer_step(std::span<const Embedding>, const StepContext& step) override {
    const double kept = tau(step);
    ema_update(*target_encoder_, encoder(), kept);
    Head target(target_projector_);
    Head online(projector_);
    ema_update(target, online, kept);
  }

 private:
  void make_target() {
    const bool copy = params_.target_init == "copy";
    target_encoder_ =
        add_target("target_encoder", context().new_encoder(copy ? Init::copy : Init::fresh));
    target_projector_ = make_mlp(head(params_, encoder().width(), params_.projector));
    if (copy) copy_state(*target_projector_, *projector_);
    add_target("target_projector", target_projector_);
  }

  /// τ = 1 − (1 − τ₀)(1 + cos πk/K)/2, k counted from 0: the first step moves the target by 1 − τ₀.
  double tau(const StepContext& step) const {
    if (params_.tau_schedule == "constant") return params_.tau;
    const auto total = step.total_steps > 0 ? step.total_steps : context().total_steps;
    const double done = std::min(1.0, static_cast<double>(step.step) / static_cast<double>(total));
    return 1 - (1 - params_.tau) * (1 + std::cos(std::numbers::pi * done)) / 2;
  }

  Params params_;
  torch::nn::Sequential projector_;
  torch::nn::Sequential predictor_;
  std::shared_ptr<Encoder> target_encoder_;
  torch::nn::Sequential target_projector_;
};

}  // namespace
}  // namespace tandem::byol

TANDEM_PLUGIN("byol", "1.0", "BYOL: predict a slowly moving target (Grill et al., 2020)",
              tandem::objective<tandem::byol::Byol>("byol"), tandem::license("MIT"));
