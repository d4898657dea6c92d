#include "catch.hpp"
#include "models.hpp"

#include <torch/csrc/autograd/autograd.h>
#include <torch/optim/adam.h>

using namespace tandem;
using namespace tandem::test;
using torch::indexing::Slice;

namespace {

constexpr std::int64_t batch = 12;

std::vector<at::Tensor> views_of(int step, int count = 2) {
  torch::manual_seed(100 + step);
  std::vector<at::Tensor> views;
  for (int i = 0; i < count; ++i) views.push_back(torch::randn({batch, 6}, torch::kDouble));
  return views;
}

/// BatchNorm in training mode, from its definition.
at::Tensor batch_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const auto centred = x - x.mean(0);
  return centred / (centred.square().mean(0) + 1e-5).sqrt() * weight + bias;
}

/// Barlow Twins from its definition: C = zA' zB / N of columns with mean 0 and variance 1.
at::Tensor barlow(const at::Tensor& a, const at::Tensor& b, double lambda) {
  const auto one = torch::ones({a.size(1)}, torch::kDouble), zero = 0 * one;
  const auto c = batch_norm(a, one, zero).t().mm(batch_norm(b, one, zero)) / batch;
  const auto diagonal = torch::eye(a.size(1), torch::kDouble);
  return ((c - diagonal).square() * (diagonal + lambda * (1 - diagonal))).sum();
}

/// What the seed's loop does, with copies of the learner's parameters and torch's operations alone.
std::vector<double> by_hand(host::Learner& learner, int steps) {
  std::map<std::string, at::Tensor> w;
  std::vector<at::Tensor> all;
  for (const auto& [name, tensor, norm, constant] : learner.named_parameters()) {
    w[name] = tensor.detach().clone().requires_grad_();
    all.push_back(w[name]);
  }
  const auto embed = [&](const at::Tensor& x) {
    auto h = torch::linear(x, w["backbone.first.weight"], w["backbone.first.bias"]);
    h = torch::relu(batch_norm(h, w["backbone.norm.weight"], w["backbone.norm.bias"]));
    h = torch::tanh(torch::linear(h, w["backbone.again.weight"], w["backbone.again.bias"]));
    h = torch::linear(h, w["objective.projector.0.weight"]);
    h = torch::relu(
        batch_norm(h, w["objective.projector.1.weight"], w["objective.projector.1.bias"]));
    return torch::linear(h, w["objective.projector.3.weight"]);
  };
  torch::optim::Adam adam(all, 1e-2);
  std::vector<double> losses;
  for (int step = 0; step < steps; ++step) {
    const auto x = views_of(step);
    const auto loss = barlow(embed(x[0]), embed(x[1]), 0.02);
    losses.push_back(loss.item<double>());
    adam.zero_grad();
    loss.backward();
    adam.step();
  }
  return losses;
}

host::LearnerOptions small(const std::string& objective = "barlow_twins") {
  host::LearnerOptions options;
  options.objective = objective;
  options.parameters = "projector = [7, 6]";
  return options;
}

}  // namespace

TEST_CASE("the loop gives what the same steps by hand give") {
  torch::manual_seed(1);
  Net net;
  net->to(torch::kDouble);
  host::Learner learner(
      net, "again",
      {.objective = "barlow_twins", .parameters = "projector = [7, 6]\nlambda = 0.02"},
      torch::zeros({4, 6}, torch::kDouble));
  const auto expected = by_hand(learner, 4);

  torch::optim::Adam adam(learner.parameters(), 1e-2);
  for (int step = 0; step < 4; ++step) {
    const auto x = views_of(step);
    const auto loss = learner(x[0], x[1]);
    adam.zero_grad();
    loss.backward();
    adam.step();
    learner.step_done();
    CAPTURE(step);
    CHECK(std::abs(loss.item<double>() - expected[static_cast<std::size_t>(step)]) <
          1e-9 * expected[static_cast<std::size_t>(step)]);
  }
  CHECK(expected.back() < expected.front());
  CHECK(learner.steps() == 4);
  CHECK(net->heads_run == 0);
}

TEST_CASE("latents from elsewhere give the same loss and gradient as the model") {
  torch::manual_seed(2);
  Net net;
  net->to(torch::kDouble);
  host::Learner learner(net, "last", small(), torch::zeros({4, 6}, torch::kDouble));
  const auto x = views_of(0);
  const auto whole = learner(x[0], x[1]);
  const auto gradients = torch::autograd::grad({whole}, learner.parameters());
  const auto latents = learner.from_latents({learner.latents(x[0]), learner.latents(x[1])});
  CHECK(torch::equal(whole, latents));
  const auto again = torch::autograd::grad({latents}, learner.parameters());
  for (std::size_t i = 0; i < again.size(); ++i) CHECK(torch::equal(gradients[i], again[i]));
}

TEST_CASE("without a model: heads for latents of a width") {
  torch::manual_seed(3);
  host::Learner learner(5, small());
  learner.to(torch::kCPU, torch::kDouble);
  for (const auto& name : names_of(learner)) CHECK(name.rfind("objective.projector.", 0) == 0);
  const auto z = torch::randn({batch, 5}, torch::kDouble).requires_grad_();
  learner.from_latents({z, z * 2}).backward();
  CHECK(z.grad().abs().sum().item<double>() > 0);
  CHECK(contains(error_of(ErrorKind::usage, [&] { learner.from_latents({z}); }), "2 views"));
  CHECK(contains(error_of(ErrorKind::usage,
                          [&] {
                            learner.from_latents({z, z.t()});
                          }),
                 "view 2: latents of shape (N, 5) are expected, not [5, 12]"));
  const auto fewer = [&] { learner.from_latents({z, z.slice(0, 0, 9)}); };
  CHECK(contains(error_of(ErrorKind::usage, fewer), "view 2 has 9 samples, but view 1 has 12"));
  CHECK(contains(error_of(ErrorKind::usage, [&] { learner(z, z); }), "call from_latents"));
}

TEST_CASE("more than two views") {
  torch::manual_seed(4);
  Net net;
  auto options = small();
  options.views = std::vector<host::View>(3);
  host::Learner learner(net, "last", options, torch::zeros({4, 6}));
  const auto x = torch::randn({batch, 6});
  CHECK(learner(x, x + 1, x * 2).isfinite().item<bool>());
  CHECK(contains(error_of(ErrorKind::usage, [&] { learner(x, x); }), "3 views and got 2"));
}
