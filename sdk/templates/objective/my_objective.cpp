// my_objective: views of a picture agree, and every feature keeps a deviation of at least 1.
// A start that trains: put your own loss in its place. The specification is
// <tandem/sdk/objective.hpp>.
#include <tandem/sdk/module.hpp>

#include <torch/types.h>

namespace {

class MyObjective final : public tandem::ModuleObjective {
 public:
  // Parameters are declared once, beside the members that hold their defaults. The host checks
  // [objective] against them before anything is made, and `tandem plugins info my_objective` prints
  // them.
  struct Params {
    tandem::Integers projector = {512, 128};
    double spread = 1;
    static void declare(tandem::Fields<Params>& f) {
      f("projector", &Params::projector, "widths after the latent").count(1, 8).range(1, 65536);
      f("spread", &Params::spread, "weight of what features lack of deviation 1").min(0);
    }
  };

  // Whatever has weights is added under a name: the host then trains, moves and saves it. What no
  // optimizer may touch (a target network) goes to `add_target`. The encoder belongs to the host
  // and is not added.
  MyObjective(const Params& params, const tandem::ObjectiveContext& context)
      : tandem::ModuleObjective(context),
        params_(params),
        projector_(add("projector", tandem::make_mlp({.input = encoder().width(),
                                                      .widths = params.projector}))) {}

  // One view's latents (N, F) → its embedding (N, D), in the run's precision. May be called any
  // number of times, and changes nothing but BatchNorm's running statistics.
  tandem::Embedding embed(const tandem::Latents& latents, const tandem::ViewContext&) override {
    return {projector_->forward(latents.online), {}, {}};
  }

  // The embeddings of all views → one number, in float32 with autocast off. Keeps no state: a
  // queue, a centre or an average advances in `after_optimizer_step`, and is a buffer of a module,
  // so that it is saved with the rest. Whatever is thrown derives from std::exception.
  tandem::Loss loss(std::span<const tandem::Embedding> views, const tandem::StepContext&) override {
    const auto n = static_cast<double>(views.size());
    at::Tensor distance = at::zeros({}, views[0].online.options()), hinge = distance;
    for (std::size_t i = 0; i < views.size(); ++i) {
      // N samples lie on this rank; a statistic of the batch takes those of all ranks, and one rank
      // or many then have the same loss and gradient. On one rank `all_gather` is the identity.
      const at::Tensor z = collective().all_gather(views[i].online);
      hinge = hinge + (1 - (z.var(0, /*unbiased=*/false) + 1e-4).sqrt()).relu().mean() / n;
      for (std::size_t j = 0; j < i; ++j)
        distance =
            distance + 2 / (n * (n - 1)) * (views[i].online - views[j].online).square().mean();
    }
    // Metrics appear in metrics.jsonl; detached, since they are read later.
    return {distance + params_.spread * hinge,
            {{"distance", distance.detach()}, {"hinge", hinge.detach()}}};
  }

 private:
  Params params_;
  torch::nn::Sequential projector_;
};

}  // namespace

// The id in the last bracket is what configurations write: [objective] use = "my_objective".
TANDEM_PLUGIN("my_objective", "0.1", "what it is, in a line",
              tandem::objective<MyObjective>("my_objective"));
