#include "catch.hpp"
#include "support.hpp"
#include "tandem/sdk/testing.hpp"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <set>

using namespace tandem;
using namespace tandem::test;

namespace {

const Golden& golden() {
  static const Golden file("contrastive.safetensors");
  return file;
}

const Settings small = {{"projector", Integers{4}}};

Settings with_temperature(double temperature, double scale = 1) {
  return {{"projector", Integers{4}}, {"temperature", temperature}, {"scale", scale}};
}

std::vector<std::string> cases(const std::string& prefix = "") {
  std::set<std::string> names;
  for (const auto& name : golden().names(prefix)) {
    names.insert(prefix + name.substr(0, name.rfind('/')));
  }
  return {names.begin(), names.end()};
}

Result run_case(const std::string& name, at::ScalarType type, double scale = 1) {
  auto z = golden().numbered(name + "/z");
  for (auto& view : z) view = view.to(type);
  const Settings settings = with_temperature(golden().number(name + "/temperature"), scale);
  return differentiate(*make("simclr", settings, toy(static_cast<int>(z.size()))), z, {});
}

/// The greatest relative difference of value and gradients from the reference.
double error_of_case(const std::string& name, at::ScalarType type) {
  const Result result = run_case(name, type);
  double worst = distance(result.total, golden().tensor(name + "/value"));
  const auto grads = golden().numbered(name + "/grad");
  REQUIRE(grads.size() == result.grads.size());
  for (std::size_t i = 0; i < grads.size(); ++i) {
    worst = std::max(worst, distance(result.grads[i], grads[i]));
  }
  return worst;
}

}  // namespace

TEST_CASE("SimCLR has the value and the gradient of the paper, and of the official blocks") {
  REQUIRE(cases("two_views/").size() == 15);  // N = 2, 3, 64 and five temperatures
  REQUIRE(cases("more_views/").size() == 4);  // 3 and 4 views
  for (const auto& name : cases()) {
    INFO(name);
    CHECK(error_of_case(name, at::kDouble) <= 1e-12);
    // A cosine is rounded to 6e-8 and divided by the temperature; two samples leave little else.
    CHECK(error_of_case(name, at::kFloat) <= 3e-5);
  }
}

TEST_CASE("SimCLR computes bfloat16 embeddings in float32") {
  const Result result = run_case("bfloat16", at::kBFloat16);
  CHECK(result.total.scalar_type() == at::kFloat);
  CHECK(distance(result.total, golden().tensor("bfloat16/value")) <= 3e-6);
  for (int i = 0; i < 2; ++i) {
    const at::Tensor exact = golden().tensor("bfloat16/grad" + std::to_string(i));
    CHECK(distance(result.grads[static_cast<std::size_t>(i)], exact) <= std::ldexp(1.0, -8));
  }
}

TEST_CASE("SimCLR's gradient agrees with central differences") {
  for (const auto& name : {"two_views/2/0.5", "two_views/3/0.1", "more_views/4/0.5"}) {
    INFO(name);
    const auto z = golden().numbered(std::string(name) + "/z");
    const auto objective = make("simclr", small, toy(static_cast<int>(z.size())));
    const auto loss = [&](const std::vector<at::Tensor>& inputs) {
      std::vector<Embedding> views;
      for (const auto& input : inputs) views.push_back({input, {}, {}});
      return objective->loss(views, {}).total;
    };
    CHECK(testing::gradient_error(loss, z) < 1e-8);
  }
}

TEST_CASE("SimCLR's loss of a collapsed network is the logarithm of what there is to choose from") {
  const std::int64_t n = 5;
  const int count = GENERATE(2, 3);
  const std::vector<at::Tensor> same(static_cast<std::size_t>(count),
                                     at::ones({n, 4}, at::kDouble));
  const Result result = differentiate(*make("simclr", small, toy(count)), same, {});
  CHECK(std::abs(result.total.item<double>() - std::log(n * count - 1.0)) < 1e-14);
  for (const auto& grad : result.grads) CHECK(grad.abs().max().item<double>() < 1e-14);
  CHECK(std::abs(result.metric("cosine") - 1) < 1e-14);
  CHECK(result.metric("z_std") < 1e-14);
}

TEST_CASE("SimCLR stays finite where exp(1/temperature) does not") {
  // Each sample an axis of its own: the positive has cosine 1, all others 0.
  const at::Tensor axes = at::eye(4) * 3;
  const Result good =
      differentiate(*make("simclr", with_temperature(0.005), toy()), {axes, axes}, {});
  CHECK(std::abs(good.total.item<double>()) < 2e-5);
  CHECK(good.metric("accuracy") == 1);
  // The second view is one sample further: 1/0.005 is the price of each wrong choice.
  const Result bad =
      differentiate(*make("simclr", with_temperature(0.005), toy()), {axes, axes.roll(1, 0)}, {});
  CHECK(std::abs(bad.total.item<double>() - 200) < 1e-3);
  CHECK(bad.metric("accuracy") == 0);
  for (const auto& grad : bad.grads) CHECK(grad.isfinite().all().item<bool>());
}

TEST_CASE("SimCLR reports how often the nearest other row is of the same sample") {
  for (const auto& name : cases()) {
    if (name == "short_row") continue;  // the reference's cosine has no least length
    INFO(name);
    const Result result = run_case(name, at::kDouble);
    CHECK(std::abs(result.metric("accuracy") - golden().number(name + "/accuracy")) < 1e-14);
    for (const Metric& metric : result.metrics) {
      CHECK(metric.value.dim() == 0);
      CHECK_FALSE(metric.value.requires_grad());
    }
  }
}

TEST_CASE("SimCLR's scale multiplies the loss: 2 is what the official program returns") {
  const std::string name = "two_views/3/0.1";
  const Result twice = run_case(name, at::kDouble, 2);
  CHECK(distance(twice.total, golden().tensor(name + "/value") * 2) < 1e-12);
  CHECK(distance(twice.grads[0], golden().tensor(name + "/grad0") * 2) < 1e-12);
}

TEST_CASE("SimCLR refuses a batch of one sample") {
  const std::vector<Embedding> views(2, Embedding{at::rand({1, 8}), {}, {}});
  const auto objective = make("simclr", small, toy());
  CHECK(contains(error_of(ErrorKind::config, [&] { objective->loss(views, {}); }),
                 "train.batch_size"));
}
