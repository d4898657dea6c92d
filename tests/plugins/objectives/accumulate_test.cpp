#include "catch.hpp"
#include "support.hpp"
#include "tandem/sdk/collective.hpp"
#include "tandem/sdk/module.hpp"
#include "tandem/sdk/testing.hpp"
#include "train/learner.hpp"
#include "train/parameter_groups.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/modules/pooling.h>

#include <mutex>

using namespace tandem;
using namespace tandem::test;

namespace {

constexpr std::int64_t batch = 16, steps = 20, latent = 8;

/// Convolutions and GroupNorm: every sample passes alone.
class SampleByItself final : public WithModules<Encoder> {
 public:
  explicit SampleByItself(at::ScalarType type) {
    namespace nn = torch::nn;
    net_ = add("", nn::Sequential(nn::Conv2d(nn::Conv2dOptions(3, 6, 3).padding(1)),
                                  nn::GroupNorm(nn::GroupNormOptions(2, 6)), nn::ReLU(),
                                  nn::Conv2d(nn::Conv2dOptions(6, latent, 3).stride(2)),
                                  nn::AdaptiveAvgPool2d(1), nn::Flatten()));
    to(at::kCPU, type);
  }
  at::Tensor operator()(const at::Tensor& view) override { return net_->forward(view); }
  std::int64_t width() const override { return latent; }

 private:
  torch::nn::Sequential net_{nullptr};
};

struct Method {
  std::string id;
  Settings settings;
};

const std::vector<Method>& methods() {
  static const std::vector<Method> list = {
      {"barlow_twins", {{"projector", Integers{12, 12}}}},
      {"simsiam", {{"projector", Integers{12, 12}}, {"predictor_hidden", std::int64_t{4}}}},
      {"byol",
       {{"projector", Integers{14, 6}}, {"predictor_hidden", std::int64_t{10}}, {"tau", 0.9}}},
      {"simclr", {{"projector", Integers{12, 6}}}},
  };
  return list;
}

struct Trial {
  Method method;
  std::int64_t chunks = 1;
  bool joint = false;
  at::ScalarType type = at::kDouble;
  std::int64_t steps = ::steps;
  bool permuted = false;                    // the rows of each batch
  Collective* collective = &single_rank();  // whose ranks share each batch
};

/// What a training leaves: losses, the gradients of every step, all state at the end.
struct Outcome {
  std::vector<double> losses;
  std::vector<NamedTensor> gradients;
  std::vector<NamedTensor> state;
};

ObjectiveContext context_of(const Trial& trial) {
  const at::ScalarType type = trial.type;
  ObjectiveContext context;
  context.encoder = std::make_shared<SampleByItself>(type);
  context.new_encoder = [type](Init) { return std::make_shared<SampleByItself>(type); };
  context.collective = trial.collective;
  context.log = &null_log();
  context.global_batch = batch;
  context.steps_per_epoch = context.total_steps = steps;
  return context;
}

/// LibTorch's generator serves all threads: weights are drawn by one at a time, and no step begins
/// before all are.
std::mutex drawing;

train::LearnerParts parts_of(const Trial& trial) {
  const std::lock_guard lock(drawing);
  torch::manual_seed(5);
  const auto context = context_of(trial);
  train::LearnerParts parts;
  parts.encoder = context.encoder;
  parts.objective = make(trial.method.id, trial.method.settings, context);
  parts.objective->to(at::kCPU, trial.type);
  train::SgdOptions options;
  options.lr = 0.05;
  parts.optimizer =
      train::make_optimizer(train::trained_parameters(*parts.encoder, *parts.objective), options);
  parts.views = {{0, 2, "", true}, {1, 2, "", true}};
  parts.joint = trial.joint;
  parts.chunks = trial.chunks;
  parts.collective = trial.collective;
  return parts;
}

at::Tensor view_of(std::int64_t step, std::int64_t number, const Trial& trial) {
  const auto own_generator =
      at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(100 + 2 * step + number));
  const at::Tensor view = torch::randn({batch, 3, 9, 9}, own_generator, at::kDouble);
  const std::int64_t own = batch / trial.collective->size();
  return (trial.permuted ? view.flip(0) : view)
      .narrow(0, trial.collective->rank() * own, own)
      .to(trial.type);
}

void append(std::vector<NamedTensor>& to, Stateful& object, const std::string& prefix) {
  const State state = state_of(object);
  for (const auto* list : {&state.parameters, &state.buffers})
    for (const auto& item : *list) to.push_back({prefix + item.name, item.tensor.detach().clone()});
}

Outcome run(const Trial& trial) {
  auto parts = parts_of(trial);
  const auto trained = parts.optimizer->parameters();
  train::Learner learner(std::move(parts));
  trial.collective->all_reduce_sum(torch::zeros({1}));  // all ranks wait here for one another
  Outcome outcome;
  for (std::int64_t step = 0; step < trial.steps; ++step) {
    const at::Tensor views[] = {view_of(step, 0, trial), view_of(step, 1, trial)};
    outcome.losses.push_back(learner.step(views, {step, steps, steps}).loss.item<double>());
    for (const auto& parameter : trained)
      outcome.gradients.push_back({parameter.name, parameter.tensor.grad().clone()});
  }
  append(outcome.state, learner.encoder(), "encoder.");
  append(outcome.state, learner.objective(), "objective.");
  return outcome;
}

/// A gradient that is nothing but rounding (of a bias in front of a normalisation) has no length
/// to be compared with: its scale is that of all gradients of its step.
double worst(const std::vector<NamedTensor>& list, const std::vector<NamedTensor>& expected) {
  REQUIRE(list.size() == expected.size());
  const auto length = [](const at::Tensor& tensor) {
    return tensor.to(at::kDouble).norm().item<double>();
  };
  double largest = 0;
  for (const auto& item : expected) largest = std::max(largest, length(item.tensor));
  double worst = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const at::Tensor& tensor = expected[i].tensor;
    const double scale = length(tensor) < 1e-12 * largest ? largest : length(tensor);
    worst = std::max(worst, length(list[i].tensor - tensor) / scale);
  }
  return worst;
}

}  // namespace

TEST_CASE("any number of chunks: the losses, gradients and weights of the whole batch (float64)") {
  for (const Method& method : methods()) {
    for (const bool joint : {false, true}) {
      const Outcome whole = run({.method = method, .joint = joint});
      for (const std::int64_t chunks : {2, 4, 8}) {
        INFO(method.id << (joint ? ", joint" : ", separate") << ", chunks: " << chunks);
        const Outcome parts = run({.method = method, .chunks = chunks, .joint = joint});
        for (std::size_t i = 0; i < whole.losses.size(); ++i)
          CHECK(std::abs(parts.losses[i] - whole.losses[i]) <= 1e-10 * std::abs(whole.losses[i]));
        CHECK(worst(parts.gradients, whole.gradients) <= 1e-10);
        CHECK(worst(parts.state, whole.state) <= 1e-10);
      }
    }
  }
}

TEST_CASE("two ranks, each with two chunks: those of the whole batch too (float64)") {
  for (const Method& method : methods()) {
    INFO(method.id);
    const Outcome whole = run({.method = method});
    std::vector<Outcome> of_ranks(2);
    testing::run_ranks(2, [&](Collective& collective) {
      of_ranks[static_cast<std::size_t>(collective.rank())] =
          run({.method = method, .chunks = 2, .collective = &collective});
    });
    for (const Outcome& outcome : of_ranks) {
      for (std::size_t i = 0; i < whole.losses.size(); ++i)
        CHECK(std::abs(outcome.losses[i] - whole.losses[i]) <= 1e-10 * std::abs(whole.losses[i]));
      CHECK(worst(outcome.gradients, whole.gradients) <= 1e-10);
      CHECK(worst(outcome.state, whole.state) <= 1e-10);
    }
  }
}

TEST_CASE("float32: chunks move a gradient no further than another order of the rows does") {
  for (const Method& method : methods()) {
    const Trial trial{.method = method, .type = at::kFloat, .steps = 1};
    Trial chunked = trial, permuted = trial;
    chunked.chunks = 8;
    permuted.permuted = true;
    const Outcome whole = run(trial);
    const double allowed = 3 * worst(run(permuted).gradients, whole.gradients);
    const double found = worst(run(chunked).gradients, whole.gradients);
    INFO(method.id << ": " << found << ", 3 × permutation: " << allowed);
    CHECK(allowed > 0);
    CHECK(found <= allowed);
  }
}
