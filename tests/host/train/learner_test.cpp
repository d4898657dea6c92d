#include "train/learner.hpp"

#include "catch.hpp"
#include "tandem/sdk/collective.hpp"
#include "train/parameter_groups.hpp"

#include <torch/types.h>

using namespace tandem;

namespace {

class Weights final : public Encoder {
 public:
  at::Tensor operator()(const at::Tensor& view) override { return view.mm(weight); }
  std::int64_t width() const override { return 2; }
  void visit(StateVisitor& visitor) override { visitor.parameter("weight", weight); }
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}
  at::Tensor weight = torch::ones({3, 2}).requires_grad_();
};

struct Seen {
  int steps = 0, with_graph = 0;
  at::Tensor value;
};

/// Notes what the hook behind a step is given.
class Watching final : public Objective {
 public:
  Watching(const ObjectiveContext& context, Seen& seen) : Objective(context), seen_(seen) {}
  Embedding embed(const Latents& latents, const ViewContext&) override {
    return {latents.online, {}, {latents.online * 2}};
  }
  Loss loss(std::span<const Embedding> views, const StepContext&) override {
    return {views[0].online.square().sum(), {}};
  }
  void after_optimizer_step(std::span<const Embedding> views, const StepContext&) override {
    ++seen_.steps;
    for (const auto& view : views)
      seen_.with_graph += view.online.requires_grad() + view.extra.at(0).requires_grad();
    seen_.value = views[0].online;
  }
  void visit(StateVisitor&) override {}
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}

 private:
  Seen& seen_;
};

/// Means over a view's length, so that views may have any.
class Means final : public Encoder {
 public:
  at::Tensor operator()(const at::Tensor& view) override {
    passes.push_back(view.size(0));
    return view.mean(1).mm(weight);
  }
  std::int64_t width() const override { return 2; }
  void visit(StateVisitor& visitor) override { visitor.parameter("weight", weight); }
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}
  at::Tensor weight = torch::arange(1, 7, at::kDouble).reshape({3, 2}).requires_grad_();
  std::vector<std::int64_t> passes;  // rows of each
};

/// Tells views, and their parts, apart.
class Weighing final : public Objective {
 public:
  using Objective::Objective;
  Embedding embed(const Latents& latents, const ViewContext& context) override {
    return {latents.online,
            context.needs_target ? latents.online.detach() : at::Tensor(),
            {latents.online.sin()}};
  }
  Loss loss(std::span<const Embedding> views, const StepContext&) override {
    at::Tensor total = torch::zeros({}, at::kDouble);
    for (std::size_t i = 0; i < views.size(); ++i) {
      const auto scale = static_cast<double>(i + 1);
      total = total + scale * (views[i].online.pow(2) + views[i].extra.at(0)).sum();
      if (views[i].target.defined()) total = total + (views[i].online * views[i].target).sum();
    }
    return {total, {}};
  }
  void visit(StateVisitor&) override {}
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}
};

struct Outcome {
  double loss;
  at::Tensor weight;
  std::vector<std::int64_t> passes;
};

/// Of one step with large views, a small one, another large one, a small one without a target.
Outcome one_step(bool joint) {
  torch::manual_seed(11);
  const auto encoder = std::make_shared<Means>();
  ObjectiveContext context;
  context.encoder = encoder;
  context.collective = &single_rank();
  train::LearnerParts parts;
  parts.encoder = encoder;
  parts.objective = std::make_unique<Weighing>(context);
  train::SgdOptions options;
  options.lr = 1e-3;
  parts.optimizer =
      train::make_optimizer(train::trained_parameters(*encoder, *parts.objective), options, 4);
  parts.views = {{0, 4, "", true}, {1, 4, "", true}, {2, 4, "", true}, {3, 4, "", false}};
  parts.joint = joint;
  train::Learner learner(std::move(parts));
  std::vector<at::Tensor> views;
  for (const std::int64_t length : {5, 2, 5, 2})
    views.push_back(torch::randn({4, length, 3}, at::kDouble));
  const auto result = learner.step(views, {0, 1, 1});
  return {result.loss.item<double>(), encoder->weight.detach(), encoder->passes};
}

}  // namespace

TEST_CASE("without BatchNorm views of one size in one pass are the views one by one") {
  const auto separate = one_step(false), joint = one_step(true);
  CHECK(separate.passes == std::vector<std::int64_t>{4, 4, 4, 4});
  CHECK(joint.passes == std::vector<std::int64_t>{8, 4, 4});  // other size, other target
  CHECK(std::abs(joint.loss - separate.loss) < 1e-12 * std::abs(separate.loss));
  CHECK(torch::allclose(joint.weight, separate.weight, 1e-13, 1e-13));
}

TEST_CASE("after an optimizer step the objective is given the loss's views, detached") {
  Seen seen;
  train::LearnerParts parts;
  const auto encoder = std::make_shared<Weights>();
  ObjectiveContext context;
  context.encoder = encoder;
  context.collective = &single_rank();
  parts.encoder = encoder;
  parts.objective = std::make_unique<Watching>(context, seen);
  parts.optimizer = train::make_optimizer(train::trained_parameters(*encoder, *parts.objective),
                                          train::SgdOptions{}, 4);
  parts.views = {{0, 2, "", true}, {1, 2, "", true}};
  train::Learner learner(std::move(parts));
  const auto view = torch::ones({4, 3});
  const at::Tensor views[] = {view, view};
  learner.step(views, {0, 1, 1});
  CHECK(seen.steps == 1);
  CHECK(seen.with_graph == 0);
  CHECK(torch::equal(seen.value, 3 * torch::ones({4, 2})));
  CHECK_FALSE(torch::equal(encoder->weight, torch::ones({3, 2})));
}
