#include "catch.hpp"
#include "support.hpp"
#include "tandem/sdk/testing.hpp"

#include <ATen/Functions.h>

#include <cmath>
#include <mutex>

using namespace tandem;
using namespace tandem::test;

namespace {

constexpr std::int64_t rows = 12, inputs = 9, width = 10;

/// A loss behind one linear map per head, as the trainer sees it: gradients of parameters.
struct Outcome {
  at::Tensor loss;
  at::Tensor weight_grad;
  std::vector<Metric> metrics;
};

at::Tensor numbers(std::int64_t n, std::int64_t m, double seed) {
  const auto options = at::TensorOptions().dtype(at::kDouble);
  return at::sin(at::arange(1, n * m + 1, options) * seed + seed).reshape({n, m});
}

/// This rank's rows of two views, through the weight, into the loss; the target is a fixed map.
Outcome run_rank(const std::string& id, const Settings& settings, Collective& collective) {
  auto context = toy(2, rows);
  context.collective = &collective;
  const auto objective = make(id, settings, context);
  at::Tensor weight = numbers(inputs, width, 1.37).requires_grad_();
  const std::int64_t own = rows / collective.size();
  std::vector<Embedding> views;
  for (double seed : {2.71, 1.83}) {
    const at::Tensor x = numbers(rows, inputs, seed).narrow(0, collective.rank() * own, own);
    views.push_back({x.mm(weight), x.mm(numbers(inputs, width, 0.77)), {}});
  }
  Loss loss = objective->loss(views, {0, 100, 10});
  loss.total.backward();
  return {loss.total.detach(), weight.grad(), loss.metrics};
}

/// The host's part: means over ranks of losses and of parameter gradients.
Outcome run_ranks(int ranks, const std::string& id, const Settings& settings) {
  std::vector<Outcome> outcomes;
  std::mutex mutex;
  testing::run_ranks(ranks, [&](Collective& collective) {
    Outcome outcome = run_rank(id, settings, collective);
    const std::lock_guard lock(mutex);
    outcomes.push_back(std::move(outcome));
  });
  Outcome mean = outcomes.front();
  for (std::size_t i = 1; i < outcomes.size(); ++i) {
    mean.loss = mean.loss + outcomes[i].loss;
    mean.weight_grad = mean.weight_grad + outcomes[i].weight_grad;
  }
  mean.loss = mean.loss / ranks;
  mean.weight_grad = mean.weight_grad / ranks;
  return mean;
}

void check_ranks(const std::string& id, const Settings& settings) {
  const Outcome alone = run_rank(id, settings, single_rank());
  for (int ranks : {2, 4}) {
    INFO(id << " on " << ranks << " ranks");
    const Outcome together = run_ranks(ranks, id, settings);
    CHECK(distance(together.loss, alone.loss) <= 1e-12);
    CHECK(distance(together.weight_grad, alone.weight_grad) <= 1e-12);
  }
}

}  // namespace

TEST_CASE("Barlow Twins: ranks compute the loss and the gradient of one rank, in both forms") {
  for (const char* form : {"gram", "correlation"}) {
    check_ranks("barlow_twins",
                {{"projector", Integers{4}}, {"form", std::string(form)}, {"lambda", 0.2}});
  }
}

TEST_CASE("Barlow Twins: every rank reports the terms of the whole batch") {
  for (const char* form : {"gram", "correlation"}) {
    const Settings settings = {{"projector", Integers{4}}, {"form", std::string(form)}};
    const Outcome alone = run_rank("barlow_twins", settings, single_rank());
    const Outcome together = run_ranks(2, "barlow_twins", settings);
    for (std::size_t i = 0; i < alone.metrics.size(); ++i) {
      INFO(alone.metrics[i].name);
      CHECK(distance(together.metrics[i].value, alone.metrics[i].value) <= 1e-12);
    }
  }
}

TEST_CASE(
    "SimCLR: the mean over ranks is the loss and the gradient of one rank, and so are metrics") {
  const Settings settings = {{"projector", Integers{4}}, {"temperature", 0.2}};
  check_ranks("simclr", settings);
  const Outcome alone = run_rank("simclr", settings, single_rank());
  std::mutex mutex;
  double accuracy = 0, cosine = 0;
  testing::run_ranks(4, [&](Collective& collective) {
    const Outcome outcome = run_rank("simclr", settings, collective);
    const std::lock_guard lock(mutex);
    accuracy += outcome.metrics[0].value.item<double>() / 4;
    cosine += outcome.metrics[1].value.item<double>() / 4;
  });
  CHECK(std::abs(accuracy - alone.metrics[0].value.item<double>()) < 1e-14);
  CHECK(std::abs(cosine - alone.metrics[1].value.item<double>()) < 1e-14);
}

TEST_CASE("SimSiam and BYOL: the mean over ranks is the loss and the gradient of one rank") {
  check_ranks("simsiam", {{"projector", Integers{4}}});
  check_ranks("byol", {{"projector", Integers{4}}});
}
