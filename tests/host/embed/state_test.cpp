#include "catch.hpp"
#include "models.hpp"
#include "temporary_folder.hpp"

#include <torch/csrc/autograd/autograd.h>
#include <torch/optim/sgd.h>

using namespace tandem;
using namespace tandem::test;

namespace {

constexpr std::int64_t total_steps = 5;

host::LearnerOptions byol(const std::string& more = "") {
  host::LearnerOptions options;
  options.objective = "byol";
  options.parameters = "projector = [7, 6]\npredictor_hidden = 5\ntau = 0.9\n" + more;
  options.total_steps = total_steps;
  return options;
}

host::LearnerOptions counting() {
  host::LearnerOptions options;
  options.objective = "counting";
  options.plugins = {TANDEM_FIXTURE_PLUGINS "/../torch_plugins/counting.so"};
  return options;
}

std::vector<double> losses(host::Learner& learner, int from, int to) {
  torch::optim::SGD sgd(learner.parameters(), 0.1);
  std::vector<double> result;
  for (int i = from; i < to; ++i) {
    torch::manual_seed(200 + i);
    const auto x = torch::randn({8, 6}, torch::kDouble);
    const auto loss = learner(x, x + 0.1 * torch::randn({8, 6}, torch::kDouble));
    sgd.zero_grad();
    loss.backward();
    sgd.step();
    learner.step_done();
    result.push_back(loss.item<double>());
  }
  return result;
}

std::map<std::string, at::Tensor> by_name(host::Learner& learner) {
  std::map<std::string, at::Tensor> all;
  const State state = state_of(learner);
  for (const auto& item : state.parameters) all[item.name] = item.tensor;
  for (const auto& item : state.buffers) all[item.name] = item.tensor;
  return all;
}

torch::nn::Sequential named() {
  torch::nn::Sequential model({{"one", torch::nn::Linear(6, 5)},
                               {"two", torch::nn::BatchNorm1d(5)},
                               {"three", torch::nn::Linear(5, 4)}});
  model->to(torch::kDouble);
  return model;
}

/// No Cloneable, as most modules are written.
struct PlainImpl : torch::nn::Module {
  torch::nn::Linear layer{6, 4};
  PlainImpl() { register_module("layer", layer); }
  at::Tensor forward(const at::Tensor& x) { return layer(x); }
};
TORCH_MODULE(Plain);

}  // namespace

TEST_CASE("BYOL's target is a clone that follows: target ← τ target + (1 − τ) online") {
  torch::manual_seed(13);
  Net net;
  net->to(torch::kDouble);
  host::Learner learner(net, "last", byol("tau_schedule = \"constant\""),
                        torch::zeros({4, 6}, torch::kDouble));
  auto state = by_name(learner);
  const auto online = state.at("backbone.last.weight");
  const auto target = state.at("objective.target_encoder.last.weight");
  CHECK(torch::equal(online, target));
  CHECK_FALSE(online.is_same(target));
  const auto before = target.clone();
  losses(learner, 0, 1);
  CHECK(torch::allclose(target, 0.9 * before + 0.1 * online, 1e-12, 1e-12));
  CHECK_FALSE(torch::equal(target, before));
  for (const auto& name : names_of(learner)) CHECK_FALSE(contains(name, "target"));
  CHECK(net->heads_run == 0);
}

TEST_CASE("a clone of a Sequential keeps the names that LibTorch's clone loses") {
  host::Learner learner(named(), "three", byol(), torch::zeros({4, 6}, torch::kDouble));
  CHECK(by_name(learner).count("objective.target_encoder.three.weight") == 1);
  losses(learner, 0, 2);
}

TEST_CASE("a model that cannot be cloned: said, with the remedy, which works") {
  Plain plain;
  const auto sample = torch::zeros({4, 6});
  const auto message =
      error_of(ErrorKind::usage, [&] { host::Learner(plain, "", byol(), sample); });
  CHECK(contains(message, "needs a second network like"));
  CHECK(contains(message, "cannot be cloned (clone() has not been implemented"));
  CHECK(contains(message, "host::Model(net, [] { return Net(…); })"));
  host::Learner learner({plain, [] { return Plain(); }}, "", byol(), sample);
  auto state = by_name(learner);
  CHECK(torch::equal(state.at("backbone.layer.weight"),
                     state.at("objective.target_encoder.layer.weight")));

  // LibTorch's clone turns a class derived from Sequential into nothing at all.
  torch::nn::Sequential with_block(Block(torch::nn::Linear(6, 4)));
  CHECK(contains(error_of(ErrorKind::usage, [&] { host::Learner(with_block, -1, byol(), sample); }),
                 "its clone is another kind of module"));
}

TEST_CASE("a fresh target needs to be made anew") {
  Plain plain;
  Net net;
  const auto options = byol("target_init = \"fresh\"");
  const auto sample = torch::zeros({4, 6});
  CHECK(contains(error_of(ErrorKind::usage, [&] { host::Learner(net, "last", options, sample); }),
                 "its clone would have the same weights"));
  host::Learner learner({plain, [] { return std::make_shared<PlainImpl>(); }}, "", options, sample);
  auto state = by_name(learner);
  CHECK_FALSE(torch::equal(state.at("backbone.layer.weight"),
                           state.at("objective.target_encoder.layer.weight")));
  CHECK(contains(error_of(ErrorKind::usage,
                          [&] {
                            host::Learner(
                                {torch::nn::Linear(6, 4), [] { return torch::nn::Linear(6, 5); }},
                                "", byol(), sample);
                          }),
                 "has other parameters or buffers"));
}

TEST_CASE("saved and loaded, training goes on bit by bit as if it had not stopped") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "learner.safetensors";
  const auto make = [](int seed) {
    torch::manual_seed(seed);
    return host::Learner(named(), "three", byol(), torch::zeros({4, 6}, torch::kDouble));
  };
  auto whole = make(14);
  const auto expected = losses(whole, 0, total_steps);
  auto first = make(14);
  losses(first, 0, 2);
  first.save(file);
  auto second = make(99);
  second.load(file);
  CHECK(second.steps() == 2);
  const auto rest = losses(second, 2, total_steps);
  CHECK(rest == std::vector<double>(expected.begin() + 2, expected.end()));

  torch::nn::Sequential other(torch::nn::Linear(6, 4));
  host::Learner wrong(other, 0, byol(), torch::zeros({4, 6}));
  const auto message = error_of(ErrorKind::checkpoint, [&] { wrong.load(file); });
  CHECK(contains(message, "learner.safetensors does not fit this network"));
}

TEST_CASE("the objective's hooks: after backward, whoever starts it, and after each step") {
  torch::nn::Sequential model(torch::nn::Linear(6, 4));
  host::Learner learner(model, 0, counting(), torch::zeros({4, 6}));
  const auto x = torch::ones({4, 6});
  (learner(x, x) / 2).backward();
  learner(x, x).backward();
  learner.step_done();
  {
    const torch::NoGradGuard no_grad;
    learner(x, x);
  }
  CHECK(learner.metric("backward") == 2);
  CHECK(learner.metric("steps") == 1);
  CHECK(learner.metric("step") == 1);
  CHECK(learner.metric("views_seen") == 2);
  CHECK(learner.metrics().size() == 4);
  CHECK(contains(error_of(ErrorKind::usage, [&] { learner.metric("stepps"); }),
                 "no metric 'stepps'; there are: backward, steps"));
}

TEST_CASE("a loss may outlive its learner") {
  torch::nn::Sequential model(torch::nn::Linear(6, 4));
  at::Tensor loss;
  {
    host::Learner learner(model, 0, byol("tau_schedule = \"constant\""), torch::zeros({4, 6}));
    loss = learner(torch::randn({4, 6}), torch::randn({4, 6}));
  }
  loss.backward();
  CHECK(model[0]->parameters()[0].grad().defined());
}

TEST_CASE("a step without a loss is refused; gradients may be summed over several losses") {
  torch::nn::Sequential model(torch::nn::Linear(6, 4));
  host::Learner learner(model, 0, counting(), torch::zeros({4, 6}));
  const auto x = torch::ones({4, 6});
  const auto early = error_of(ErrorKind::usage, [&] { learner.step_done(); });
  CHECK(contains(early, "no loss since the last step"));
  learner(x, x).backward();
  learner(x, x).backward();
  learner.step_done();
  CHECK(learner.steps() == 1);
  CHECK(error_of(ErrorKind::usage, [&] { learner.step_done(); }) == early);
}

TEST_CASE("mode, type and integer inputs") {
  torch::nn::Sequential model(torch::nn::Embedding(10, 4), torch::nn::Dropout(0.5));
  const auto tokens = torch::zeros({4, 3}, torch::kLong);
  host::LearnerOptions options;
  options.parameters = "projector = [3]";
  host::Learner learner(model, -1, options, tokens);
  CHECK(learner.width() == 4);
  learner.eval();
  CHECK_FALSE(model->is_training());
  CHECK(torch::equal(learner.latents(tokens), learner.latents(tokens)));
  learner.train();
  CHECK(model[1]->is_training());
  learner.to(torch::kCPU, torch::kDouble);
  CHECK(learner(tokens, tokens + 1).scalar_type() == torch::kDouble);
  for (const auto& tensor : learner.parameters()) CHECK(tensor.scalar_type() == torch::kDouble);
}
