#include "common/views.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/module.hpp"

#include <ATen/Functions.h>

#include <limits>

namespace tandem::simclr {
namespace {

struct Params {
  Integers projector = {2048, 128};
  bool last_norm = true;
  double temperature = 0.1;
  double scale = 1;

  static void declare(Fields<Params>& f) {
    f("projector", &Params::projector, "widths of the projector, after the latent width")
        .count(1, 16)
        .range(1, 65536);
    f("last_norm", &Params::last_norm, "a BatchNorm behind the projector's last layer too");
    f("temperature", &Params::temperature,
      "what cosines are divided by: 0.1 for ImageNet, 0.5 for CIFAR-10")
        .range(0.001, 1000);
    f("scale", &Params::scale, "factor of the whole loss").above(0);
  }
};

MlpOptions projector_options(const Params& params, std::int64_t latent) {
  MlpOptions options;
  options.input = latent;
  options.widths = params.projector;
  options.last_norm = params.last_norm;
  return options;
}

/// The embeddings of a batch: `views` × `samples` unit rows of this rank, view by view, and those
/// of all ranks, which stand in rank order.
struct Batch {
  std::vector<at::Tensor> views;
  at::Tensor own;
  at::Tensor all;
  std::int64_t rank = 0;

  std::int64_t samples() const { return views.front().size(0); }
  std::int64_t rows() const { return own.size(0); }
};

Batch gather(std::span<const Embedding> embeddings, Collective& collective) {
  Batch batch;
  for (const Embedding& view : embeddings) {
    batch.views.push_back(views::l2_normalise(view.online));
  }
  batch.own = at::cat(batch.views);
  batch.all = collective.all_gather(batch.own);
  batch.rank = collective.rank();
  return batch;
}

/// cos/temperature of own rows with all rows, −∞ where a row meets itself.
at::Tensor similarities(const Batch& batch, double temperature) {
  at::Tensor scores = (batch.own / temperature).mm(batch.all.t());
  scores.diagonal(batch.rank * batch.rows()).fill_(-std::numeric_limits<double>::infinity());
  return scores;
}

/// The mean cosine of two views of one sample, over all pairs of views.
at::Tensor positive_cosine(const std::vector<at::Tensor>& views) {
  std::vector<at::Tensor> cosines;
  for (std::size_t a = 0; a < views.size(); ++a) {
    for (std::size_t b = a + 1; b < views.size(); ++b) {
      cosines.push_back((views[a] * views[b]).sum(1).mean());
    }
  }
  return at::stack(cosines).mean();
}

/// The share of own rows whose nearest other row is of the same sample.
at::Tensor accuracy(const at::Tensor& scores, const Batch& batch) {
  const std::int64_t n = batch.samples();
  const at::Tensor nearest = scores.detach().argmax(1);
  const at::Tensor own = at::arange(batch.rows(), nearest.options()).remainder(n);
  const at::Tensor from_rank = nearest.floor_divide(batch.rows());
  const at::Tensor same = from_rank.eq(batch.rank).logical_and(nearest.remainder(n).eq(own));
  return same.to(scores.scalar_type()).mean();
}

class SimClr final : public ModuleObjective {
 public:
  using Params = simclr::Params;

  SimClr(const Params& params, const ObjectiveContext& context)
      : ModuleObjective(context),
        params_(params),
        projector_(
            add("projector", make_mlp(projector_options(params, context.encoder->width())))) {
    views::require_two("simclr", static_cast<std::size_t>(context.views));
  }

  Embedding embed(const Latents& latents, const ViewContext&) override {
    return {projector_->forward(latents.online), {}, {}};
  }

  Loss loss(std::span<const Embedding> views, const StepContext&) override {
    views::require_two("simclr", views.size());
    if (views.front().online.size(0) * collective().size() < 2) {
      throw Error(ErrorKind::config,
                  "simclr: one sample has no other to differ from: set train.batch_size to 2 or "
                  "more");
    }
    const Batch batch = gather(views, collective());
    const at::Tensor scores = similarities(batch, params_.temperature);
    const at::Tensor cosine = positive_cosine(batch.views);
    const at::Tensor total = scores.logsumexp(1).mean() - cosine / params_.temperature;
    return {total * params_.scale,
            {{"accuracy", accuracy(scores, batch)},
             {"cosine", cosine.detach()},
             {"z_std", views::spread(batch.views)}}};
  }

 private:
  Params params_;
  torch::nn::Sequential projector_;
};

}  // namespace
}  // namespace tandem::simclr

TANDEM_PLUGIN("simclr", "1.0",
              "SimCLR: tell the views of one sample from all others (Chen et al., 2020)",
              tandem::objective<tandem::simclr::SimClr>("simclr"), tandem::license("MIT"));
