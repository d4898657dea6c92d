#include "bench/loss_cost.hpp"

#include "bench/memory.hpp"
#include "bench/side_by_side.hpp"
#include "run/model.hpp"
#include "tandem/sdk/testing.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/randn.h>

#include <memory>

namespace tandem::bench {
namespace {

constexpr std::int64_t latent_width = 8;

/// An objective, and embeddings of one size such as its heads make.
class LossPass {
 public:
  LossPass(const config::Config& config, plugin::Catalog& catalog, const LossSize& size, Log& log)
      : type_(run::precision(config.run)), contexts_(run::view_contexts(config)) {
    const auto make_encoder = [type = type_] {
      auto encoder = testing::toy_encoder(latent_width, latent_width);
      encoder->to(at::kCPU, type);
      return encoder;
    };
    auto context = testing::toy_context(make_encoder(), size.batch);
    context.new_encoder = [make_encoder](Init) { return make_encoder(); };
    context.views = static_cast<int>(contexts_.size());
    context.log = &log;
    objective_ = run::make_objective(config, catalog, context);
    for (const auto& view : contexts_) views_.push_back(embedding(view, size));
  }

  void forget_gradients() {
    for (auto& view : views_)
      if (view.online.defined()) view.online.mutable_grad().reset();
  }

  void run() {
    forget_gradients();
    objective_->loss(views_, {0, 1, 1}).total.backward();
  }

 private:
  /// What the heads define of this view, in another size.
  Embedding embedding(const ViewContext& view, const LossSize& size) {
    constexpr std::int64_t few = 4;
    const at::NoGradGuard no_grad;
    const auto picture = at::randn({few, latent_width}, at::dtype(type_));
    const auto made = objective_->embed(objective_->encode(picture, view), view);
    const auto resized = [&](const at::Tensor& tensor, bool last) {
      if (!tensor.defined()) return at::Tensor();
      auto sizes = tensor.sizes().vec();
      sizes.front() = size.batch;
      if (last) sizes.back() = size.dim;
      return at::randn(sizes, at::dtype(type_));
    };
    Embedding random{resized(made.online, true), resized(made.target, true), {}};
    const auto width = made.online.defined() ? made.online.size(-1) : 0;
    for (const auto& more : made.extra)
      random.extra.push_back(resized(more, more.size(-1) == width));
    if (random.online.defined()) random.online.requires_grad_();
    return random;
  }

  at::ScalarType type_;
  std::vector<ViewContext> contexts_;
  std::unique_ptr<Objective> objective_;
  std::vector<Embedding> views_;
};

double first_pass_bytes(LossPass& pass) {
  const double before = resident_bytes();
  forget_peak();
  pass.run();
  return peak_resident_bytes() - before;
}

void count_tensors(LossPass& pass, LossCost& cost) {
  pass.run();
  pass.forget_gradients();
  const TensorBytes bytes;
  pass.run();
  cost.tensor_peak_bytes = bytes.peak();
  cost.tensor_bytes = bytes.allocated();
}

double seconds_of(LossPass& pass, double seconds) {
  pass.run();
  const Stopwatch watch;
  int runs = 0;
  do {
    pass.run();
    ++runs;
  } while (watch.seconds() < seconds);
  return watch.seconds() / runs;
}

}  // namespace

std::vector<LossCost> loss_costs(const config::Config& config, plugin::Catalog& catalog,
                                 const std::vector<LossSize>& sizes, const Effort& effort,
                                 Log& log) {
  std::vector<LossCost> costs;
  for (const LossSize& size : sizes) {
    costs.push_back({size, {}});
    costs.back().peak_bytes = side_by_side(1, [&](const std::function<void()>&) {
      LossPass pass(config, catalog, size, log);
      return first_pass_bytes(pass);
    })[0];
  }
  std::vector<std::unique_ptr<LossPass>> passes;
  for (LossCost& cost : costs) {
    passes.push_back(std::make_unique<LossPass>(config, catalog, cost.size, log));
    count_tensors(*passes.back(), cost);
  }
  for (int round = 0; round < effort.rounds; ++round) {
    for (std::size_t i = 0; i < costs.size(); ++i)
      costs[i].seconds.push_back(seconds_of(*passes[i], effort.seconds));
  }
  return costs;
}

}  // namespace tandem::bench
