#include "common/views.hpp"
#include "tandem/sdk/module.hpp"

#include <ATen/Functions.h>

namespace tandem::simsiam {
namespace {

struct Params {
  Integers projector = {2048, 2048, 2048};
  bool last_affine = false;
  std::int64_t predictor_hidden = 512;
  bool constant_predictor_lr = true;

  static void declare(Fields<Params>& f) {
    f("projector", &Params::projector, "widths of the projector, after the latent width")
        .count(1, 16)
        .range(1, 65536);
    f("last_affine", &Params::last_affine, "the projector's last BatchNorm has weights");
    f("predictor_hidden", &Params::predictor_hidden, "width of the predictor's hidden layer")
        .range(1, 65536);
    f("constant_predictor_lr", &Params::constant_predictor_lr,
      "the schedule leaves the predictor's learning rate alone");
  }
};

MlpOptions projector_options(const Params& params, std::int64_t latent) {
  MlpOptions options;
  options.input = latent;
  options.widths = params.projector;
  options.last_norm = true;
  options.last_affine = params.last_affine;
  return options;
}

MlpOptions predictor_options(const Params& params) {
  MlpOptions options;
  options.input = params.projector.back();
  options.widths = {params.predictor_hidden, params.projector.back()};
  options.last_bias = true;
  return options;
}

/// Rows of length 1; a row shorter than 1e-8 is divided by that, as in torch's cosine_similarity.
at::Tensor unit_rows(const at::Tensor& tensor) {
  const at::Tensor rows = views::in_loss_type(tensor);
  return rows / at::linalg_vector_norm(rows, 2, 1, /*keepdim=*/true).clamp_min(1e-8);
}

class SimSiam final : public ModuleObjective {
 public:
  using Params = simsiam::Params;

  SimSiam(const Params& params, const ObjectiveContext& context)
      : ModuleObjective(context),
        constant_predictor_lr_(params.constant_predictor_lr),
        projector_(add("projector", make_mlp(projector_options(params, context.encoder->width())))),
        predictor_(add("predictor", make_mlp(predictor_options(params)))) {
    views::require_two("simsiam", static_cast<std::size_t>(context.views));
  }

  /// online = p, the prediction; target = z, the projection, without a gradient.
  Embedding embed(const Latents& latents, const ViewContext& context) override {
    const at::Tensor z = projector_->forward(latents.online);
    return {predictor_->forward(z), context.needs_target ? z.detach() : at::Tensor(), {}};
  }

  Loss loss(std::span<const Embedding> views, const StepContext&) override {
    const auto pairs = views::predictions("simsiam", views);
    const auto [p, z] = views::directions(views, unit_rows);
    std::vector<at::Tensor> cosines;
    for (const auto& [i, j] : pairs) cosines.push_back((p[i] * z[j]).sum(1).mean());
    const at::Tensor cosine = at::stack(cosines).mean();
    return {-cosine, {{"cosine", cosine.detach()}, {"z_std", views::spread(z)}}};
  }

  std::vector<ParameterHint> parameter_hints() const override {
    if (!constant_predictor_lr_) return {};
    return {{"predictor.", /*constant_lr=*/true}};
  }

 private:
  bool constant_predictor_lr_;
  torch::nn::Sequential projector_;
  torch::nn::Sequential predictor_;
};

}  // namespace
}  // namespace tandem::simsiam

TANDEM_PLUGIN("simsiam", "1.0", "SimSiam: a predictor and a stop-gradient (Chen and He, 2020)",
              tandem::objective<tandem::simsiam::SimSiam>("simsiam"), tandem::license("MIT"));
