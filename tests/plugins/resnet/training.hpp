#pragma once

#include "catch.hpp"
#include "network.hpp"
#include "tandem/sdk/encoder.hpp"
#include "tandem/sdk/objective.hpp"
#include "train/learner.hpp"
#include "train/parameter_groups.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

/// A small ResNet on two views, trained for 20 steps of SGD in float64.
namespace resnet_training {

using namespace tandem;

constexpr std::int64_t batch = 16, steps = 20;

class Network final : public Encoder {
 public:
  explicit Network(const std::string& norm)
      : net_(network::make(
            "resnet18",
            {{"width", std::int64_t{4}}, {"stem", std::string("small")}, {"norm", norm}})) {
    to(at::kCPU, at::kDouble);
  }
  at::Tensor operator()(const at::Tensor& view) override { return net_->forward(view).flatten(1); }
  std::int64_t width() const override { return 32; }
  void visit(StateVisitor& visitor) override { net_->visit(visitor); }
  void train(bool on) override { net_->train(on); }
  void to(at::Device device, at::ScalarType type) override { net_->to(device, type); }

 private:
  std::unique_ptr<Backbone> net_;
};

/// The correlation of two views' latents over the whole batch, against the identity.
class Correlation final : public Objective {
 public:
  using Objective::Objective;
  Embedding embed(const Latents& latents, const ViewContext&) override {
    const at::Tensor apart = latents.online - latents.online.mean(0);
    return {apart / (apart.square().mean(0) + 1e-3).sqrt(), {}, {}};
  }
  Loss loss(std::span<const Embedding> views, const StepContext&) override {
    const at::Tensor c = views[0].online.t().mm(views[1].online) / batch;
    return {(c - torch::eye(c.size(0), c.options())).square().mean(), {}};
  }
  void visit(StateVisitor&) override {}
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}
};

inline train::LearnerParts parts_of(std::shared_ptr<Encoder> encoder) {
  ObjectiveContext context;
  context.encoder = std::move(encoder);
  context.collective = &single_rank();
  train::LearnerParts parts;
  parts.encoder = context.encoder;
  parts.objective = std::make_unique<Correlation>(context);
  train::SgdOptions sgd;
  sgd.lr = 0.05;
  parts.optimizer =
      train::make_optimizer(train::trained_parameters(*parts.encoder, *parts.objective), sgd);
  parts.views = {{0, 2, "", true}, {1, 2, "", true}};
  return parts;
}

inline std::shared_ptr<Encoder> network_with(const std::string& norm) {
  torch::manual_seed(53);
  return std::make_shared<Network>(norm);
}

inline at::Tensor view_of(std::int64_t number) {
  const auto own =
      at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(200 + number));
  return torch::randn({batch, 3, 32, 32}, own, at::kDouble);
}

struct Outcome {
  std::vector<double> losses;
  std::vector<at::Tensor> gradients;  // of every step
  std::vector<at::Tensor> state;      // weights, running values and counts at the end
};

inline Outcome outcome_of(train::LearnerParts parts, bool together = false) {
  const auto trained = parts.optimizer->parameters();
  train::Learner learner(std::move(parts));
  learner.pass_together(together);
  Outcome outcome;
  for (std::int64_t step = 0; step < steps; ++step) {
    const at::Tensor views[] = {view_of(2 * step), view_of(2 * step + 1)};
    outcome.losses.push_back(learner.step(views, {step, steps, steps}).loss.item<double>());
    for (const auto& parameter : trained)
      outcome.gradients.push_back(parameter.tensor.grad().clone());
  }
  const State state = state_of(learner.encoder());
  for (const auto* list : {&state.parameters, &state.buffers})
    for (const auto& item : *list) outcome.state.push_back(item.tensor.detach().to(at::kDouble));
  return outcome;
}

inline double worst(const std::vector<at::Tensor>& found, const std::vector<at::Tensor>& expected) {
  REQUIRE(found.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    worst = std::max(worst, ((found[i] - expected[i]).norm() / expected[i].norm()).item<double>());
  return worst;
}

inline void check_same(const Outcome& found, const Outcome& expected) {
  for (std::size_t i = 0; i < expected.losses.size(); ++i)
    CHECK(std::abs(found.losses[i] - expected.losses[i]) <= 1e-10 * std::abs(expected.losses[i]));
  CHECK(worst(found.gradients, expected.gradients) <= 1e-10);
  CHECK(worst(found.state, expected.state) <= 1e-10);
}

}  // namespace resnet_training
