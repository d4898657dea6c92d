// VICReg (Bardes, Ponce and LeCun, arXiv 2105.04906): views agree, features vary and do not
// correlate.
#include <tandem/sdk/module.hpp>

#include <torch/types.h>

namespace {

class VicReg final : public tandem::ModuleObjective {
 public:
  struct Params {
    tandem::Integers projector = {2048, 2048, 2048};
    double invariance = 25, variance = 25, covariance = 1;
    static void declare(tandem::Fields<Params>& f) {
      f("projector", &Params::projector, "widths after the latent").count(1, 8).range(1, 65536);
      f("invariance", &Params::invariance, "weight of the distance between views").min(0);
      f("variance", &Params::variance, "weight of what a feature lacks of deviation 1").min(0);
      f("covariance", &Params::covariance, "weight of what features share").min(0);
    }
  };

  VicReg(const Params& params, const tandem::ObjectiveContext& context)
      : tandem::ModuleObjective(context),
        params_(params),
        projector_(add("projector", tandem::make_mlp({.input = encoder().width(),
                                                      .widths = params.projector}))) {}

  tandem::Embedding embed(const tandem::Latents& latents, const tandem::ViewContext&) override {
    return {projector_->forward(latents.online), {}, {}};
  }

  /// The paper's loss; of more than two views the mean over all pairs.
  tandem::Loss loss(std::span<const tandem::Embedding> views, const tandem::StepContext&) override {
    const auto n = static_cast<double>(views.size());
    at::Tensor s = at::zeros({}, views[0].online.options()), v = s, c = s;
    for (std::size_t i = 0; i < views.size(); ++i) {
      const at::Tensor shared = covariance(collective().all_gather(views[i].online));
      v = v + 2 / n * (1 - (shared.diagonal() + 1e-4).sqrt()).relu().mean();
      c = c + 2 / n * (shared.square().sum() - shared.diagonal().square().sum()) / shared.size(0);
      for (std::size_t j = 0; j < i; ++j)
        s = s + 2 / (n * (n - 1)) * (views[i].online - views[j].online).square().mean();
    }
    return {params_.invariance * s + params_.variance * v + params_.covariance * c,
            {{"invariance", s.detach()}, {"variance", v.detach()}, {"covariance", c.detach()}}};
  }

 private:
  static at::Tensor covariance(const at::Tensor& z) {  // (N, D) → (D, D)
    const at::Tensor centred = z - z.mean(0);
    return centred.t().mm(centred) / (z.size(0) > 1 ? z.size(0) - 1 : 1);
  }

  Params params_;
  torch::nn::Sequential projector_;
};

}  // namespace

TANDEM_PLUGIN("vicreg", "1.0", "VICReg (arXiv 2105.04906)", tandem::objective<VicReg>("vicreg"));
