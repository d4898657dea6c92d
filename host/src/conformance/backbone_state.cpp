#include "conformance/backbone_checks.hpp"
#include "conformance/network.hpp"
#include "conformance/other_process.hpp"
#include "roles/state.hpp"

#include <torch/types.h>

namespace tandem::conformance::backbone {
namespace {

constexpr std::int64_t batch = 4;

/// A step of gradient descent on the output's square: for what training must not touch.
void descend(Network& network, const at::Tensor& pictures) {
  network.train(true);
  const at::Tensor output = network.forward(pictures);
  plugin_call("backward", [&] { output.square().mean().backward(); });
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : state_of(network.backbone()).parameters) {
    if (tensor.grad().defined()) tensor.sub_(tensor.grad(), 0.1);
  }
}

}  // namespace

void same_seed_same_weights(const Subject& subject) {
  const InputShape shape = input_of(subject);
  Network one(subject, shape), another(subject, shape);
  const std::string name = first_difference(one.state(), another.state());
  expect(name.empty(), "made twice after equal seeding, '", name,
         "' differs: draw weights from LibTorch's default generator alone");
}

void only_the_seed_decides(const Subject& subject) {
  const auto bits = [&] { return bits_of(Network(subject, input_of(subject)).state()); };
  expect(same_in_other_process(bits),
         "two processes with equal seeds make other weights: draw them from LibTorch's default "
         "generator alone, not from rand, random_device or a clock");
}

void copied_weights_same_output(const Subject& subject) {
  const InputShape shape = input_of(subject);
  const at::Tensor pictures = pictures_of(subject, shape, batch);
  const at::NoGradGuard no_grad;
  Network online(subject, shape), target(subject, shape, {.variant = 1});
  restore(target.backbone(), online.state());
  for (const bool training : {false, true}) {
    online.train(training);
    target.train(training);
    roles::seed_generators(subject.seed, "forward");
    const at::Tensor expected = online.forward(pictures);
    roles::seed_generators(subject.seed, "forward");
    expect(same_bits(expected, target.forward(pictures)),
           "a second instance that was given all visited state gives another output in ",
           training ? "training" : "eval", " mode: something that matters is not visited");
  }
}

void instances_are_independent(const Subject& subject) {
  const InputShape shape = input_of(subject);
  const at::Tensor pictures = pictures_of(subject, shape, batch);
  Network one(subject, shape), other(subject, shape, {.variant = 1});
  const Snapshot before = one.state();
  const at::Tensor expected = one.forward(pictures);
  descend(other, pictures_of(subject, shape, batch, at::kFloat, 1));
  const std::string name = first_difference(before, one.state());
  expect(name.empty(), "training another instance changed '", name, "'");
  expect(same_bits(expected, one.forward(pictures)),
         "training another instance changed the output of this one");
}

void names_are_stable(const Subject& subject) {
  const InputShape shape = input_of(subject);
  Network network(subject, shape);
  expect_legal_names(network.backbone());
  const std::string names = names_of(network.backbone());
  expect_names(network.backbone(), names, "at the second visit");
  descend(network, pictures_of(subject, shape, batch));
  network.to(at::kDouble);
  expect_names(network.backbone(), names, "after a step and to");
  Network other(subject, shape, {.variant = 1});
  expect_names(other.backbone(), names, "in another instance");
}

void eval_changes_nothing(const Subject& subject) {
  const InputShape shape = input_of(subject);
  const at::Tensor pictures = pictures_of(subject, shape, batch);
  Network network(subject, shape);
  network.train(true);
  network.train(false);
  const Snapshot before = network.state();
  roles::seed_generators(subject.seed, "one");
  const at::Tensor first = network.forward(pictures);
  roles::seed_generators(subject.seed, "another");
  const at::Tensor second = network.forward(pictures);
  expect(same_bits(first, second), "in eval mode, forward gave other bits the second time");
  const std::string name = first_difference(before, network.state());
  expect(name.empty(), "a forward in eval mode changed '", name, "'");
}

void train_changes_statistics_alone(const Subject& subject) {
  const InputShape shape = input_of(subject);
  const at::Tensor pictures = pictures_of(subject, shape, batch);
  Network network(subject, shape);
  network.train(true);
  const Snapshot before = network.state();
  network.forward(pictures);
  const std::string name = first_difference(before, network.state(), Statistics::ignored);
  expect(name.empty(), "a forward in training mode changed '", name,
         "'; BatchNorm's running statistics alone may change");
}

void input_is_left_alone(const Subject& subject) {
  const InputShape shape = input_of(subject);
  const at::Tensor pictures = pictures_of(subject, shape, batch), before = pictures.clone();
  Network network(subject, shape);
  for (const bool training : {false, true}) {
    network.train(training);
    network.forward(pictures);
    expect(same_bits(pictures, before), "forward changed its input in place");
  }
}

}  // namespace tandem::conformance::backbone
