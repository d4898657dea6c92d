#include "common/views.hpp"
#include "loss.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/module.hpp"

#include <ATen/Functions.h>

#include <algorithm>
#include <optional>

namespace tandem::barlow_twins {
namespace {

constexpr double one_over_width = -1;

struct Params {
  Integers projector = {2048, 2048, 2048};
  Integers projection_sizes;
  bool hidden_bias = false;
  bool last_bias = false;
  double lambda = 0.0051;
  double scale = 1;
  std::string form = "auto";

  static void declare(Fields<Params>& f) {
    f("projector", &Params::projector, "widths of the projector, after the latent width")
        .count(1, 16)
        .range(1, 65536);
    f("projection_sizes", &Params::projection_sizes,
      "the same as a full list that starts with the latent width; instead of projector")
        .count(0, 17)
        .range(1, 65536);
    f("hidden_bias", &Params::hidden_bias, "biases in the projector's hidden layers");
    f("last_bias", &Params::last_bias, "a bias in the projector's last layer");
    f("lambda", &Params::lambda,
      "weight of the off-diagonal terms; \"1/d\": one over the last width")
        .min(0)
        .word("1/d", one_over_width);
    f("scale", &Params::scale, "factor of the whole loss").above(0);
    f("form", &Params::form,
      "how the loss is computed: N×N, D×D, or whichever is cheaper; the value is the same")
        .choices({"auto", "gram", "correlation"});
  }
};

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorKind::config, "barlow_twins: " + message);
}

/// The projector's widths after the latent width, from whichever key gives them.
Integers projector_widths(const Params& params, std::int64_t latent) {
  const Integers& full = params.projection_sizes;
  if (full.empty()) return params.projector;
  if (params.projector != Params().projector) {
    refuse("projector and projection_sizes are two spellings of one thing: keep one of them");
  }
  if (full.front() != latent) {
    refuse("projection_sizes starts with " + std::to_string(full.front()) +
           ", but the encoder's latents are " + std::to_string(latent) +
           " wide: start the list with " + std::to_string(latent) +
           ", or write projector, which leaves the latent width out");
  }
  if (full.size() < 2) refuse("projection_sizes needs a width after the latent width");
  return Integers(full.begin() + 1, full.end());
}

MlpOptions projector_options(const Params& params, const ObjectiveContext& context) {
  MlpOptions options;
  options.input = context.encoder->width();
  options.widths = projector_widths(params, options.input);
  options.hidden_bias = params.hidden_bias;
  options.last_bias = params.last_bias;
  return options;
}

/// The least loss that `batch` samples allow: C has rank N − 1 at most, so that ‖C‖² ≥ (tr C)²/(N −
/// 1).
double loss_floor(double lambda, double width, double batch) {
  const double a = lambda * (width / (batch - 1) - 1);
  return a > 0 ? width * a / (1 + a) : 0;
}

class BarlowTwins final : public ModuleObjective {
 public:
  using Params = barlow_twins::Params;

  BarlowTwins(const Params& params, const ObjectiveContext& context)
      : ModuleObjective(context),
        params_(params),
        projector_(add("projector", make_mlp(projector_options(params, context)))) {
    views::require_two("barlow_twins", static_cast<std::size_t>(context.views));
  }

  Embedding embed(const Latents& latents, const ViewContext&) override {
    return {projector_->forward(latents.online), {}, {}};
  }

  Loss loss(std::span<const Embedding> views, const StepContext&) override {
    views::require_two("barlow_twins", views.size());
    const std::int64_t batch = views.front().online.size(0) * collective().size();
    const std::int64_t width = views.front().online.size(1);
    if (batch < 2) refuse("one sample has no correlations: set train.batch_size to 2 or more");
    const std::vector<at::Tensor> z = inputs(views, batch);
    const double lambda =
        params_.lambda == one_over_width ? 1.0 / static_cast<double>(width) : params_.lambda;
    const Terms terms = redundancy(z, lambda, form(batch, width, z.size()), collective());
    const at::Tensor total =
        (terms.loss * params_.scale).to(views::loss_type(views.front().online));
    return {total, metrics(terms, lambda, batch, width)};
  }

 private:
  /// Of two samples' gradient nothing is left but a part in variance/eps, too little for float32.
  static std::vector<at::Tensor> inputs(std::span<const Embedding> views, std::int64_t batch) {
    std::vector<at::Tensor> z;
    for (const Embedding& view : views) {
      z.push_back(batch == 2 ? view.online.to(at::kDouble) : views::in_loss_type(view.online));
    }
    return z;
  }

  Form form(std::int64_t batch, std::int64_t width, std::size_t views) const {
    if (params_.form == "auto") return cheaper_form(batch, width, views);
    return params_.form == "gram" ? Form::gram : Form::correlation;
  }

  std::vector<Metric> metrics(const Terms& terms, double lambda, std::int64_t batch,
                              std::int64_t width) const {
    const double d = static_cast<double>(width);
    const auto number = [&](double value) { return at::full({}, value, terms.on_diag.options()); };
    return {{"on_diag", terms.on_diag / d},
            {"off_diag", terms.off_diag / std::max(d * (d - 1), 1.0)},
            {"c_diag_mean", terms.diag_mean},
            {"balance", number(lambda * (d - 1))},
            {"floor", number(params_.scale * loss_floor(lambda, d, static_cast<double>(batch)))}};
  }

  Params params_;
  torch::nn::Sequential projector_;
};

}  // namespace
}  // namespace tandem::barlow_twins

TANDEM_PLUGIN("barlow_twins", "1.0", "Barlow Twins: redundancy reduction (Zbontar et al., 2021)",
              tandem::objective<tandem::barlow_twins::BarlowTwins>("barlow_twins"),
              tandem::license("MIT"));
