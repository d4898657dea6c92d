#include "roles/objective.hpp"

#include "plugin/guard.hpp"
#include "tandem/base/error.hpp"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>

namespace tandem::roles {
namespace {

using plugin::guarded;

/// Autocast off on the CPU for the scope's length.
class NoAutocast {
 public:
  NoAutocast() : was_(at::autocast::is_autocast_enabled(at::kCPU)) {
    at::autocast::set_autocast_enabled(at::kCPU, false);
  }
  ~NoAutocast() { at::autocast::set_autocast_enabled(at::kCPU, was_); }
  NoAutocast(const NoAutocast&) = delete;
  NoAutocast& operator=(const NoAutocast&) = delete;

 private:
  bool was_;
};

class GuardedObjective final : public Objective {
 public:
  GuardedObjective(std::unique_ptr<Objective> inner, plugin::Origin origin,
                   const ObjectiveContext& context)
      : Objective(context), inner_(std::move(inner)), origin_(std::move(origin)) {}

  Latents encode(const at::Tensor& view, const ViewContext& view_context) override {
    return guarded(origin_, "encode", [&] { return inner_->encode(view, view_context); });
  }
  Embedding embed(const Latents& latents, const ViewContext& view_context) override {
    return guarded(origin_, "embed", [&] { return inner_->embed(latents, view_context); });
  }
  Loss loss(std::span<const Embedding> views, const StepContext& step) override {
    const NoAutocast off;
    std::vector<Embedding> wide(views.begin(), views.end());
    for (auto& view : wide) view = widened(view);
    Loss result = guarded(origin_, "loss", [&] { return inner_->loss(wide, step); });
    const bool scalar = result.total.defined() && result.total.dim() == 0;
    if (!scalar) refuse("Loss::total must be a tensor of no dimension");
    if (at::GradMode::is_enabled() && !result.total.requires_grad())
      refuse("Loss::total carries no gradient");
    for (auto& metric : result.metrics) {
      if (!metric.value.defined() || metric.value.dim() != 0) {
        refuse("metric '" + metric.name + "' must be a tensor of no dimension");
      }
      metric.value = metric.value.detach();
    }
    return result;
  }
  void after_backward(const StepContext& step) override {
    guarded(origin_, "after_backward", [&] { inner_->after_backward(step); });
  }
  void after_optimizer_step(std::span<const Embedding> views, const StepContext& step) override {
    guarded(origin_, "after_optimizer_step", [&] { inner_->after_optimizer_step(views, step); });
  }
  std::vector<ParameterHint> parameter_hints() const override {
    return guarded(origin_, "parameter_hints", [&] { return inner_->parameter_hints(); });
  }
  void visit(StateVisitor& visitor) override {
    guarded(origin_, "visit", [&] { inner_->visit(visitor); });
  }
  void train(bool on) override {
    guarded(origin_, "train", [&] { inner_->train(on); });
  }
  void to(at::Device device, at::ScalarType type) override {
    guarded(origin_, "to", [&] { inner_->to(device, type); });
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::plugin, Log::join("plugin ", origin_.plugin, " (", origin_.file.string(),
                                             "), '", origin_.id, "': ", what));
  }

  std::unique_ptr<Objective> inner_;
  plugin::Origin origin_;
};

}  // namespace

at::Tensor widened(const at::Tensor& tensor) {
  const bool narrow = tensor.defined() &&
                      (tensor.scalar_type() == at::kBFloat16 || tensor.scalar_type() == at::kHalf);
  return narrow ? tensor.to(at::kFloat) : tensor;
}

Embedding widened(const Embedding& embedding) {
  Embedding wide{widened(embedding.online), widened(embedding.target), {}};
  for (const auto& tensor : embedding.extra) wide.extra.push_back(widened(tensor));
  return wide;
}

Embedding without_graph(const Embedding& embedding) {
  const auto detached = [](const at::Tensor& t) { return t.defined() ? t.detach() : t; };
  Embedding result{detached(embedding.online), detached(embedding.target), {}};
  for (const auto& tensor : embedding.extra) result.extra.push_back(detached(tensor));
  return result;
}

std::unique_ptr<Objective> make_objective(const plugin::Found<ObjectiveFactory>& found,
                                          const ParamValues& values,
                                          const ObjectiveContext& context) {
  auto made = plugin::guarded_construction(found.origin,
                                           [&] { return found.factory->create(values, context); });
  return std::make_unique<GuardedObjective>(std::move(made), found.origin, context);
}

}  // namespace tandem::roles
