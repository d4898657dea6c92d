#include "catch.hpp"
#include "models.hpp"

#include <torch/optim/sgd.h>

#include <thread>

using namespace tandem;
using namespace tandem::test;

namespace {

host::LearnerOptions small() {
  host::LearnerOptions options;
  options.parameters = "projector = [7, 6]";
  return options;
}

struct Everything {
  std::vector<at::Tensor> values;
  std::vector<bool> flags, modes;
};

Everything everything_of(torch::nn::Module& module) {
  Everything all;
  for (const auto& tensor : module.parameters()) {
    all.values.push_back(tensor.detach().clone());
    all.flags.push_back(tensor.requires_grad());
    all.flags.push_back(tensor.grad().defined());
  }
  for (const auto& tensor : module.buffers()) all.values.push_back(tensor.clone());
  for (const auto& part : module.modules()) all.modes.push_back(part->is_training());
  return all;
}

bool operator==(const Everything& one, const Everything& other) {
  bool same = one.flags == other.flags && one.modes == other.modes;
  for (std::size_t i = 0; i < one.values.size(); ++i)
    same = same && torch::equal(one.values[i], other.values[i]);
  return same;
}

/// One step of SGD, and the loss.
double step(host::Learner& learner, const at::Tensor& x) {
  torch::optim::SGD sgd(learner.parameters(), 0.1);
  const auto loss = learner(x, x.roll(1, 1));
  sgd.zero_grad();
  loss.backward();
  sgd.step();
  learner.step_done();
  return loss.item<double>();
}

}  // namespace

TEST_CASE("wrapping leaves the model as it was: values, flags, gradients, modes, buffers") {
  torch::manual_seed(8);
  Net net;
  net->norm->eval();
  net->first->bias.set_requires_grad(false);
  net->forward(torch::randn({4, 6}));
  const auto before = everything_of(*net);
  const torch::NoGradGuard no_grad;  // wrapping finds what is reached even so
  auto options = small();
  options.objective = "byol";
  options.total_steps = 10;
  const host::Learner learner(net, "last", options, torch::randn({4, 6}) * 50);
  host::layers(net, torch::ones({2, 6}));
  CHECK(before == everything_of(*net));
  for (const auto& name : names_of(learner)) {
    CHECK(name != "backbone.first.bias");
    CHECK(name.rfind("backbone.head", 0) != 0);
  }
  CHECK(names_of(learner).front() == "backbone.first.weight");
}

TEST_CASE("what the caller froze stays frozen through training") {
  torch::manual_seed(9);
  Net net;
  net->first->weight.set_requires_grad(false);
  const auto frozen = net->first->weight.clone(), free = net->last->weight.clone();
  host::Learner learner(net, "last", small(), torch::ones({4, 6}));
  step(learner, torch::randn({8, 6}));
  CHECK(torch::equal(net->first->weight, frozen));
  CHECK_FALSE(torch::equal(net->last->weight, free));
  CHECK_FALSE(net->head->weight.grad().defined());
}

TEST_CASE("wrapping draws from the random generator for the new heads alone") {
  torch::nn::Sequential model(torch::nn::Linear(6, 5), torch::nn::Dropout(0.5));
  auto counting = small();
  counting.objective = "counting", counting.parameters = "";
  counting.plugins = {TANDEM_FIXTURE_PLUGINS "/../torch_plugins"};
  torch::manual_seed(10);
  const auto expected = torch::rand({3});
  torch::manual_seed(10);
  host::Learner learner(model, -1, counting, torch::ones({4, 6}));
  CHECK(torch::equal(torch::rand({3}), expected));
}

TEST_CASE("wrapping twice, at different layers, in turns: neither disturbs the other") {
  const auto x = torch::randn({8, 6});
  const auto losses = [&](bool alone) {
    torch::manual_seed(11);
    Net net;
    host::Learner one(net, "last", small(), x);
    std::vector<double> result;
    if (alone) {
      result = {step(one, x), step(one, x)};
      return result;
    }
    const host::Learner same(net, "last", small(), x);
    host::Learner other(net, "first", small(), x);
    result.push_back(step(one, x));
    const torch::NoGradGuard no_grad;
    net->eval();
    CHECK(other.latents(x).size(1) == 5);
    net->train();
    const torch::AutoGradMode with_graph(true);
    result.push_back(step(one, x));
    return result;
  };
  CHECK(losses(true) == losses(false));
}

TEST_CASE("two learners of one model on two threads") {
  torch::manual_seed(12);
  Net net;
  const auto x = torch::randn({8, 6});
  host::Learner first(net, "first", small(), x), last(net, "last", small(), x);
  net->eval();
  const auto expected_first = first.latents(x), expected_last = last.latents(x);
  int wrong = 0;
  const auto run = [&](host::Learner& learner, const at::Tensor& expected, int& faults) {
    for (int i = 0; i < 300; ++i) faults += !torch::equal(learner.latents(x), expected);
  };
  int wrong_elsewhere = 0;
  std::thread other([&] { run(first, expected_first, wrong_elsewhere); });
  run(last, expected_last, wrong);
  other.join();
  CHECK(wrong == 0);
  CHECK(wrong_elsewhere == 0);
  CHECK(net->heads_run == 0);
}
