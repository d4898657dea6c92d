#include "catch.hpp"
#include "support.hpp"
#include "tandem/sdk/testing.hpp"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

using namespace tandem;
using namespace tandem::test;

namespace {

const Golden& golden() {
  static const Golden file("losses.safetensors");
  return file;
}

const std::vector<std::string> forms = {"gram", "correlation", "auto"};

std::unique_ptr<Objective> barlow_twins(const std::string& form, double lambda = 0.0051,
                                        int views = 2) {
  return make("barlow_twins",
              {{"projector", Integers{4}}, {"form", form}, {"lambda", ParamValue(lambda)}},
              toy(views));
}

Result run_case(const std::string& name, const std::string& form, at::ScalarType type) {
  auto z = golden().numbered("barlow/" + name + "/z");
  for (auto& view : z) view = view.to(type);
  const double lambda = golden().number("barlow/" + name + "/lambda");
  const auto objective = barlow_twins(form, lambda, static_cast<int>(z.size()));
  return differentiate(*objective, z, {});
}

void check_case(const std::string& name, const std::string& form, at::ScalarType type,
                double tolerance) {
  const Result result = run_case(name, form, type);
  for (const char* source : {"paper", "official"}) {
    const std::string prefix = "barlow/" + name + "/" + source;
    INFO(prefix << ", " << form << ", " << type);
    CHECK(distance(result.total, golden().tensor(prefix + "/value")) <= tolerance);
    const auto grads = golden().numbered(prefix + "/grad");
    REQUIRE(grads.size() == result.grads.size());
    for (std::size_t i = 0; i < grads.size(); ++i) {
      CHECK(result.grads[i].scalar_type() == type);
      CHECK(distance(result.grads[i], grads[i]) <= tolerance);
    }
  }
}

at::Tensor cosines(std::int64_t rows, std::int64_t columns, double phase) {
  const auto options = at::TensorOptions().dtype(at::kDouble);
  const at::Tensor n = at::arange(rows, options).unsqueeze(1);
  const at::Tensor d = at::arange(1, columns + 1, options);
  return at::cos(n * d * 0.7 + phase * d) + 0.1 * at::sin(n * n + d);
}

}  // namespace

TEST_CASE("Barlow Twins has the value and the gradient of the paper and of the official code") {
  const std::string name = GENERATE("fewer_rows", "square", "more_rows", "strong", "two_rows",
                                    "larger", "constant_column", "bfloat16", "three_views");
  for (const auto& form : forms) {
    check_case(name, form, at::kDouble, 1e-12);
    check_case(name, form, at::kFloat, name == "two_rows" ? 3e-5 : 3e-6);
  }
}

TEST_CASE(
    "Barlow Twins computes bfloat16 embeddings in float32; the gradient is rounded once, at the "
    "end") {
  for (const auto& form : forms) {
    const Result result = run_case("bfloat16", form, at::kBFloat16);
    CHECK(result.total.scalar_type() == at::kFloat);
    CHECK(distance(result.total, golden().tensor("barlow/bfloat16/paper/value")) <= 3e-6);
    for (int i = 0; i < 2; ++i) {
      const at::Tensor exact = golden().tensor("barlow/bfloat16/paper/grad" + std::to_string(i));
      CHECK(result.grads[static_cast<std::size_t>(i)].scalar_type() == at::kBFloat16);
      CHECK(distance(result.grads[static_cast<std::size_t>(i)], exact) <= std::ldexp(1.0, -9));
    }
  }
}

TEST_CASE("Barlow Twins: a feature that is constant in both views has no gradient") {
  for (const auto& form : forms) {
    const Result result = run_case("constant_column", form, at::kDouble);
    CHECK(result.grads[0].select(1, 3).abs().max().item<double>() < 1e-12);
    CHECK(result.grads[1].select(1, 3).abs().max().item<double>() < 1e-12);
  }
}

TEST_CASE("Barlow Twins' gradient agrees with central differences") {
  const std::string form = GENERATE("gram", "correlation");
  for (int views : {2, 3}) {
    const auto objective = barlow_twins(form, 0.3, views);
    std::vector<at::Tensor> z;
    for (int v = 0; v < views; ++v) z.push_back(cosines(5, 7, v));
    const auto loss = [&](const std::vector<at::Tensor>& inputs) {
      std::vector<Embedding> embeddings;
      for (const auto& input : inputs) embeddings.push_back({input, {}, {}});
      return objective->loss(embeddings, {}).total;
    };
    CHECK(testing::gradient_error(loss, z) < 1e-7);
  }
}

TEST_CASE("Barlow Twins takes the cheaper form: Gram below three quarters of the width") {
  const auto total = [](const std::string& form, std::int64_t rows) {
    const auto objective = barlow_twins(form);
    const auto z = [&](double phase) { return cosines(rows, 64, phase).to(at::kFloat); };
    const Result result = differentiate(*objective, {z(0), z(0.3)}, {});
    return result.grads[0];
  };
  // The two forms round differently, which shows the form that was taken.
  for (std::int64_t rows : {47, 48}) {
    REQUIRE_FALSE(total("gram", rows).equal(total("correlation", rows)));
    CHECK(total("auto", rows).equal(total(rows < 48 ? "gram" : "correlation", rows)));
  }
}

TEST_CASE("Barlow Twins reports its terms") {
  for (const auto& form : forms) {
    for (const std::string name : {"fewer_rows", "more_rows", "constant_column"}) {
      const Result result = run_case(name, form, at::kDouble);
      const at::Tensor terms = golden().tensor("barlow/" + name + "/terms");
      CHECK(std::abs(result.metric("on_diag") - terms[0].item<double>()) < 1e-13);
      CHECK(std::abs(result.metric("off_diag") - terms[1].item<double>()) < 1e-13);
      CHECK(std::abs(result.metric("c_diag_mean") - terms[2].item<double>()) < 1e-13);
      for (const Metric& metric : result.metrics) {
        CHECK(metric.value.dim() == 0);
        CHECK_FALSE(metric.value.requires_grad());
      }
    }
  }
}

TEST_CASE("Barlow Twins reports the balance, and the floor that rank imposes") {
  struct Row {
    std::int64_t batch, width;
    double lambda, balance, floor;
  };
  // Derived by hand: D·a/(1 + a) with a = lambda·(D/(N − 1) − 1), and lambda·(D − 1).
  for (const Row& row : {Row{256, 2048, 0.0051, 10.44, 70.9}, Row{256, 1024, 3.9e-3, 3.99, 11.9},
                         Row{64, 32, 0.0051, 0.16, 0}}) {
    const auto objective = barlow_twins("auto", row.lambda);
    const at::Tensor z = cosines(row.batch, row.width, 0.2).to(at::kFloat);
    const Result result = differentiate(*objective, {z, z}, {});
    CHECK(std::abs(result.metric("balance") - row.balance) < 0.01);
    CHECK(std::abs(result.metric("floor") - row.floor) < 0.05);
    CHECK(result.total.item<double>() >= result.metric("floor"));
  }
}

TEST_CASE("Barlow Twins' lambda may be 1/d, and scale multiplies the loss") {
  const std::vector<at::Tensor> z = {cosines(6, 10, 0), cosines(6, 10, 0.4)};
  const auto with = [&](const Settings& settings) {
    return differentiate(*make("barlow_twins", settings, toy()), z, {});
  };
  const Result tenth = with({{"projector", Integers{4}}, {"lambda", 0.1}});
  const Result word = with({{"projector", Integers{4}}, {"lambda", std::string("1/d")}});
  const Result scaled = with({{"projector", Integers{4}}, {"lambda", 0.1}, {"scale", 0.024}});
  CHECK(distance(word.total, tenth.total) < 1e-15);
  CHECK(distance(scaled.total, tenth.total * 0.024) < 1e-15);
  CHECK(distance(scaled.grads[1], tenth.grads[1] * 0.024) < 1e-15);
  CHECK(std::abs(scaled.metric("floor") - 0.024 * tenth.metric("floor")) < 1e-15);
}

TEST_CASE("Barlow Twins' off-diagonal energy never falls below zero") {
  // Cosines of whole frequencies are uncorrelated, so that what is left is rounding, of either
  // sign.
  const at::Tensor n = (at::arange(128, at::kDouble) + 0.5).unsqueeze(1);
  for (std::int64_t width = 8; width <= 120; width += 8) {
    const at::Tensor z =
        at::cos(n * at::arange(1, width + 1, at::kDouble) * (3.14159265358979323846 / 128));
    for (const auto& form : forms) {
      const Result result =
          differentiate(*barlow_twins(form), {z.to(at::kFloat), z.to(at::kFloat)}, {});
      CHECK(result.metric("off_diag") >= 0);
      CHECK(result.metric("off_diag") < 1e-7);
      CHECK(result.total.item<double>() < 1e-5);
    }
  }
}

TEST_CASE("Barlow Twins' loss changes nothing: calling it twice gives the same bits") {
  for (const auto& form : forms) {
    const auto objective = barlow_twins(form);
    const std::vector<at::Tensor> z = {cosines(9, 12, 0), cosines(9, 12, 0.4)};
    const Result first = differentiate(*objective, z, {});
    const Result second = differentiate(*objective, z, {});
    CHECK(first.total.equal(second.total));
    CHECK(first.grads[0].equal(second.grads[0]));
  }
}

TEST_CASE("Barlow Twins refuses a second derivative instead of a wrong one") {
  const auto objective = barlow_twins("gram");
  const at::Tensor z = cosines(5, 7, 0).requires_grad_();
  const std::vector<Embedding> views = {{z, {}, {}}, {cosines(5, 7, 1), {}, {}}};
  const at::Tensor total = objective->loss(views, {}).total;
  CHECK_THROWS_AS(torch::autograd::grad({total}, {z}, {}, std::nullopt, /*create_graph=*/true),
                  std::logic_error);
}
