#include "catch.hpp"
#include "support.hpp"
#include "tandem/sdk/testing.hpp"

#include <ATen/Functions.h>

#include <cmath>

using namespace tandem;
using namespace tandem::test;

namespace {

const Golden& golden() {
  static const Golden file("losses.safetensors");
  return file;
}

Settings small(const std::string& id) {
  if (id == "simsiam")
    return {{"projector", Integers{4, 4}}, {"predictor_hidden", std::int64_t{3}}};
  return {{"projector", Integers{7, 4}}, {"predictor_hidden", std::int64_t{6}}};
}

Result run_case(const std::string& id, const std::string& name, at::ScalarType type) {
  auto p = golden().numbered(id + "/" + name + "/p");
  auto z = golden().numbered(id + "/" + name + "/z");
  for (auto& tensor : p) tensor = tensor.to(type);
  for (auto& tensor : z) tensor = tensor.to(type).requires_grad_();
  const auto objective = make(id, small(id), toy(static_cast<int>(p.size())));
  Result result = differentiate(*objective, p, z);
  for (const auto& tensor : z) CHECK_FALSE(tensor.grad().defined());
  return result;
}

void check_case(const std::string& id, const std::string& name, at::ScalarType type,
                double tolerance) {
  const Result result = run_case(id, name, type);
  for (const char* source : {"paper", "official"}) {
    const std::string prefix = id + "/" + name + "/" + source;
    INFO(prefix << ", " << type);
    CHECK(distance(result.total, golden().tensor(prefix + "/value")) <= tolerance);
    const auto grads = golden().numbered(prefix + "/grad");
    REQUIRE(grads.size() == result.grads.size());
    for (std::size_t i = 0; i < grads.size(); ++i) {
      CHECK(distance(result.grads[i], grads[i]) <= tolerance);
    }
  }
}

}  // namespace

TEST_CASE(
    "SimSiam and BYOL have the values and gradients of their papers and of the official code") {
  const std::string id = GENERATE("simsiam", "byol");
  for (const char* name :
       {"fewer_rows", "more_rows", "constant_column", "bfloat16", "three_views"}) {
    check_case(id, name, at::kDouble, 1e-12);
    check_case(id, name, at::kFloat, 3e-6);
  }
  check_case(id, "two_rows", at::kDouble, 1e-12);
  check_case(id, "two_rows", at::kFloat, 3e-5);
}

TEST_CASE("a prediction of length 5e-7 counts as 1e-6 in BYOL, and as it is in SimSiam") {
  const std::string id = GENERATE("simsiam", "byol");
  check_case(id, "tiny_row", at::kDouble, 1e-12);
  check_case(id, "tiny_row", at::kFloat, 3e-6);
}

TEST_CASE("SimSiam and BYOL compute bfloat16 embeddings in float32") {
  const std::string id = GENERATE("simsiam", "byol");
  const Result result = run_case(id, "bfloat16", at::kBFloat16);
  CHECK(result.total.scalar_type() == at::kFloat);
  CHECK(distance(result.total, golden().tensor(id + "/bfloat16/paper/value")) <= 3e-6);
  for (int i = 0; i < 2; ++i) {
    const at::Tensor exact = golden().tensor(id + "/bfloat16/paper/grad" + std::to_string(i));
    CHECK(distance(result.grads[static_cast<std::size_t>(i)], exact) <= std::ldexp(1.0, -9));
  }
}

TEST_CASE("gradients of SimSiam and BYOL agree with central differences") {
  const std::string id = GENERATE("simsiam", "byol");
  const auto objective = make(id, small(id), toy());
  const auto p = golden().numbered(id + "/fewer_rows/p");
  const auto z = golden().numbered(id + "/fewer_rows/z");
  const auto loss = [&](const std::vector<at::Tensor>& inputs) {
    const std::vector<Embedding> views = {{inputs[0], z[0].to(at::kDouble), {}},
                                          {inputs[1], z[1].to(at::kDouble), {}}};
    return objective->loss(views, {}).total;
  };
  CHECK(testing::gradient_error(loss, p) < 1e-8);
}

TEST_CASE("predictions near their targets lose no digits in BYOL's float64 loss") {
  check_case("byol", "close", at::kDouble, 1e-12);
  check_case("simsiam", "close", at::kDouble, 1e-11);
}

TEST_CASE("SimSiam and BYOL report the cosine and the spread") {
  const std::string id = GENERATE("simsiam", "byol");
  const auto objective = make(id, small(id), toy());
  // Unit vectors along all axes and their opposites: each feature is ±1 in 2 of 8 rows.
  const at::Tensor axes = at::cat({at::eye(4), -at::eye(4)}).to(at::kDouble);
  const at::Tensor turned = axes.roll(1, 1);
  const Result result = differentiate(*objective, {axes * 3, turned}, {axes, axes * 5});
  // View 0 predicts view 1's target, its own direction; view 1's prediction is at a right angle to
  // its.
  CHECK(std::abs(result.metric("cosine") - 0.5) < 1e-14);
  CHECK(std::abs(result.metric("z_std") - 0.5) < 1e-14);  // √(2/8), which is 1/√D
  CHECK(std::abs(result.total.item<double>() - (id == "byol" ? 2.0 : -0.5)) < 1e-14);

  const at::Tensor same = at::ones({8, 4}, at::kDouble);
  const Result collapsed = differentiate(*objective, {same, same}, {same, same});
  CHECK(collapsed.metric("z_std") < 1e-14);
  CHECK(std::abs(collapsed.metric("cosine") - 1) < 1e-14);
  for (const Metric& metric : collapsed.metrics) {
    CHECK(metric.value.dim() == 0);
    CHECK_FALSE(metric.value.requires_grad());
  }
}

TEST_CASE("BYOL's scale multiplies the loss: a quarter is what cosines averaged over views give") {
  Settings settings = small("byol");
  settings.emplace_back("scale", 0.25);
  const auto p = golden().numbered("byol/more_rows/p");
  const auto z = golden().numbered("byol/more_rows/z");
  const Result quarter = differentiate(*make("byol", settings, toy()), p, z);
  CHECK(distance(quarter.total, golden().tensor("byol/more_rows/paper/value") / 4) < 1e-6);
  CHECK(distance(quarter.grads[0], golden().tensor("byol/more_rows/paper/grad0") / 4) < 3e-6);
}
