#include "catch.hpp"
#include "support.hpp"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <map>

using namespace tandem;
using namespace tandem::test;

namespace {

const Settings small = {{"projector", Integers{8, 6}}, {"predictor_hidden", std::int64_t{7}}};

Settings with(const std::string& name, const ParamValue& value) {
  Settings settings = small;
  settings.emplace_back(name, value);
  return settings;
}

using Tensors = std::map<std::string, at::Tensor>;

/// Copies of the target's weights by the names of what they follow.
Tensors target_weights(Objective& objective) {
  Tensors weights;
  for (const auto& [name, tensor] : state_of(objective).buffers) {
    if (name.find("running_") != std::string::npos || !tensor.is_floating_point()) continue;
    if (name.starts_with("target_")) weights[name.substr(7)] = tensor.clone();
  }
  return weights;
}

/// What the target follows: the encoder and the projector.
Tensors online_weights(Objective& objective, Encoder& encoder) {
  Tensors weights;
  for (const auto& [name, tensor] : state_of(encoder).parameters)
    weights["encoder." + name] = tensor;
  for (const auto& [name, tensor] : state_of(objective).parameters) {
    if (name.starts_with("projector.")) weights[name] = tensor;
  }
  return weights;
}

struct Net {
  ObjectiveContext context = toy();
  std::unique_ptr<Objective> objective;

  explicit Net(const Settings& settings) : objective(make("byol", settings, context)) {
    objective->to(at::kCPU, at::kDouble);
  }
  Tensors online() { return online_weights(*objective, *context.encoder); }
  Tensors target() { return target_weights(*objective); }

  void move_online() {
    const at::NoGradGuard no_grad;
    for (auto& [name, tensor] : online()) tensor.add_(at::rand_like(tensor));
  }

  Loss step(const at::Tensor& first, const at::Tensor& second) {
    std::vector<Embedding> views;
    for (const auto& view : {first, second}) {
      views.push_back(objective->embed(objective->encode(view, {}), {}));
    }
    return objective->loss(views, {0, 100, 10});
  }
};

double largest_difference(const Tensors& one, const Tensors& other) {
  REQUIRE(one.size() == other.size());
  double largest = 0;
  for (const auto& [name, tensor] : one) {
    INFO(name);
    REQUIRE(other.contains(name));
    largest = std::max(largest, (tensor - other.at(name)).abs().max().item<double>());
  }
  return largest;
}

Tensors mix(const Tensors& old_target, const Tensors& online, double tau) {
  Tensors mixed;
  for (const auto& [name, tensor] : online) {
    mixed[name] = tau * old_target.at(name) + (1 - tau) * tensor.detach();
  }
  return mixed;
}

}  // namespace

TEST_CASE(
    "BYOL's target follows with tau as published, at steps 0, 1, in the middle and at the end") {
  const Golden golden("losses.safetensors");
  const at::Tensor steps = golden.tensor("byol/tau/steps");
  const at::Tensor taus = golden.tensor("byol/tau/values");
  const auto total = golden.tensor("byol/tau/total").item<std::int64_t>();
  Net net(with("tau", golden.number("byol/tau/start")));
  for (std::int64_t i = 0; i < steps.numel(); ++i) {
    net.move_online();
    const Tensors before = net.target();
    net.objective->after_optimizer_step({}, {steps[i].item<std::int64_t>(), total, 10});
    const Tensors expected = mix(before, net.online(), taus[i].item<double>());
    INFO("step " << steps[i].item<std::int64_t>());
    CHECK(largest_difference(net.target(), expected) < 1e-14);
  }
}

TEST_CASE("BYOL reports tau; a constant one stays") {
  const at::Tensor x = at::rand({4, 6}, at::kDouble);
  const auto reported = [&](const Settings& settings, std::int64_t step) {
    const auto objective = make("byol", settings, toy());
    return differentiate(*objective, {x, x}, {x, x}, {step, 40, 10}).metric("tau");
  };
  CHECK(std::abs(reported(small, 0) - 0.996) < 1e-15);
  CHECK(std::abs(reported(small, 20) - 0.998) < 1e-15);
  CHECK(std::abs(reported(small, 40) - 1) < 1e-15);
  CHECK(std::abs(reported(with("tau_schedule", std::string("constant")), 20) - 0.996) < 1e-15);

  Net net(with("tau_schedule", std::string("constant")));
  net.move_online();
  const Tensors before = net.target();
  net.objective->after_optimizer_step({}, {30, 40, 10});
  CHECK(largest_difference(net.target(), mix(before, net.online(), 0.996)) < 1e-14);
}

TEST_CASE("BYOL's target starts as a copy, or fresh") {
  Net copy(small);
  CHECK(largest_difference(copy.target(), copy.online()) == 0);
  Net fresh(with("target_init", std::string("fresh")));
  const Tensors target = fresh.target();
  const Tensors online = fresh.online();
  CHECK_FALSE(target.at("encoder.weight").equal(online.at("encoder.weight")));
  CHECK_FALSE(target.at("projector.0.weight").equal(online.at("projector.0.weight")));
}

TEST_CASE("BYOL's target has a graph nowhere and gets no gradient") {
  Net net(small);
  Loss loss = net.step(at::rand({8, 6}, at::kDouble), at::rand({8, 6}, at::kDouble));
  loss.total.backward();
  for (const auto& [name, tensor] : state_of(*net.objective).buffers)
    CHECK_FALSE(tensor.grad().defined());
  for (const auto& [name, tensor] : net.online()) CHECK(tensor.grad().defined());
  // Not even where the view itself wants one.
  const Latents latents = net.objective->encode(at::rand({8, 6}, at::kDouble).requires_grad_(), {});
  CHECK_FALSE(latents.target.requires_grad());
  CHECK_FALSE(latents.target.is_inference());
  CHECK_FALSE(net.objective->embed(latents, {}).target.requires_grad());
}

TEST_CASE("BYOL makes no target for a view that needs none") {
  Net net(small);
  const ViewContext local{1, 2, "local", false};
  const Latents latents = net.objective->encode(at::rand({8, 6}, at::kDouble), local);
  CHECK(latents.online.defined());
  CHECK_FALSE(latents.target.defined());
  CHECK_FALSE(net.objective->embed(latents, local).target.defined());
}

TEST_CASE("BYOL's target is normalised by its own batch and keeps its own statistics") {
  Net net(small);
  const at::Tensor x = at::rand({8, 6}, at::kDouble) * 4;
  const Latents latents = net.objective->encode(x, {});
  const at::Tensor first = net.objective->embed(latents, {}).target;
  // In training mode running statistics, which have moved by now, make no difference.
  CHECK(net.objective->embed(latents, {}).target.equal(first));
  net.objective->train(false);
  CHECK_FALSE(net.objective->embed(latents, {}).target.equal(first));
}
