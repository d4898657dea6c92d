#include "conformance/objective_checks.hpp"
#include "conformance/stop_gradient.hpp"
#include "conformance/trial.hpp"
#include "tandem/sdk/testing.hpp"

#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <algorithm>

namespace tandem::conformance::objective {
namespace {

using Tensors = std::vector<at::Tensor>;

/// The loss as a function of the online latents of one batch (of the views that have some), in
/// multiples of its gradient's greatest entry there. What embed gives without a gradient keeps the
/// value that it has there.
class LossOfLatents {
 public:
  LossOfLatents(const Subject& subject, std::uint64_t batch)
      : trial_(subject), latents_(trial_.latents(batch)) {
    trial_.seed("gradient");
    for (std::size_t i = 0; i < latents_.size(); ++i) {
      if (latents_[i].online.defined()) {
        latents_[i].online = latents_[i].online.clone().requires_grad_();
        point_.push_back(latents_[i].online);
      }
      at_point_.push_back(trial_.embed(latents_[i], i));
    }
    const at::Tensor total = trial_.loss(at_point_).total;
    const auto gradients = plugin_call("backward", [&] {
      return torch::autograd::grad({total}, point_, {}, true, false, /*allow_unused=*/true);
    });
    double greatest = 0;
    for (const auto& gradient : gradients) {
      if (gradient.defined()) greatest = std::max(greatest, gradient.abs().max().item<double>());
    }
    expect(greatest > 0, "the loss has no gradient with respect to the latents");
    unit_ = greatest;
  }

  at::Tensor operator()(const Tensors& inputs) {
    trial_.seed("gradient");
    std::vector<Embedding> views;
    at::Tensor nothing = at::zeros({}, at::kDouble);
    auto input = inputs.begin();
    for (std::size_t i = 0; i < latents_.size(); ++i) {
      Latents latents = latents_[i];
      if (latents.online.defined()) latents.online = *input++;
      views.push_back(trial_.embed(latents, i));
      keep_constants(views.back(), at_point_[i]);
    }
    // An input that the loss does not depend on has a gradient of zero all the same.
    for (const auto& one : inputs) nothing = nothing + 0 * one.sum();
    return trial_.loss(views).total / unit_ + nothing;
  }

  const Tensors& point() const { return point_; }

 private:
  static void keep_constants(Embedding& view, const Embedding& at_point) {
    view.target = at_point.target;
    for (std::size_t i = 0; i < view.extra.size() && i < at_point.extra.size(); ++i) {
      if (!at_point.extra[i].requires_grad()) view.extra[i] = at_point.extra[i];
    }
  }

  Trial trial_;
  std::vector<Latents> latents_;
  Tensors point_;
  std::vector<Embedding> at_point_;
  double unit_ = 1;
};

double error_of(LossOfLatents& loss) {
  return plugin_call("backward", [&] {
    return testing::gradient_error([&](const Tensors& inputs) { return loss(inputs); },
                                   loss.point());
  });
}

/// With `detach` as differentiation takes it: a constant.
double error_beside_stops(LossOfLatents& loss) {
  const StopGradient stops([&] {
    const at::NoGradGuard no_grad;
    loss(loss.point());
  });
  const auto function = [&](const Tensors& inputs) {
    if (at::GradMode::is_enabled()) return loss(inputs);
    return stops.replayed([&] { return loss(inputs); });
  };
  return plugin_call("backward", [&] { return testing::gradient_error(function, loss.point()); });
}

}  // namespace

void gradient_is_right(const Subject& subject) {
  constexpr double tolerance = 1e-5;
  double least = Param::infinity;
  // The kink of a ReLU can lie beside a latent of one batch, not of two.
  for (const std::uint64_t batch : {0, 1}) {
    LossOfLatents loss(subject, batch);
    least = std::min(least, error_of(loss));
    if (least <= tolerance) return;
    least = std::min(least, error_beside_stops(loss));
    if (least <= tolerance) return;
  }
  throw Violation(Log::join("the gradient of the loss with respect to the latents is off by ",
                            least,
                            " of its greatest entry, against finite differences in float64; "
                            "what is meant to be constant must be detached, or leave embed as "
                            "target or extra without a gradient"));
}

}  // namespace tandem::conformance::objective
