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

}  // namespace

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
