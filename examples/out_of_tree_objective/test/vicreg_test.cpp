// What an author tests without the host. The plugin is one file, and the test takes it in to reach
// its class.
#include "vicreg.cpp"

#include <tandem/sdk/testing.hpp>

#include <cmath>
#include <cstdio>
#include <mutex>

namespace {

constexpr std::int64_t rows = 8, latent_width = 4, width = 5;
int failures = 0;

void expect_close(const char* what, double value, double expected, double tolerance) {
  if (std::abs(value - expected) <= tolerance) return;
  std::printf("%s: %.12g, expected %.12g\n", what, value, expected);
  ++failures;
}

/// Numbers without a pattern, the same on every run; small enough that no hinge is at its corner.
at::Tensor numbers(double seed) {
  const at::Tensor x = at::arange(1, rows * width + 1, at::dtype(at::kDouble));
  return 0.5 * at::sin(x * seed).reshape({rows, width});
}

VicReg make(tandem::Collective& collective) {
  auto context = tandem::testing::toy_context(tandem::testing::toy_encoder(3, latent_width), rows);
  context.collective = &collective;
  VicReg::Params params;
  params.projector = {width};
  VicReg objective(params, context);
  objective.to(at::kCPU, at::kDouble);
  return objective;
}

at::Tensor loss_of(VicReg& objective, const std::vector<at::Tensor>& embeddings) {
  std::vector<tandem::Embedding> views;
  for (const at::Tensor& z : embeddings) views.push_back({z, {}, {}});
  return objective.loss(views, {}).total;
}

/// The paper's formulas, element by element.
double spread_terms(const at::Tensor& z) {
  double total = 0;
  const auto at = z.accessor<double, 2>();
  const auto covariance = [&](int a, int b) {
    double mean_a = 0, mean_b = 0, sum = 0;
    for (int n = 0; n < rows; ++n) mean_a += at[n][a] / rows, mean_b += at[n][b] / rows;
    for (int n = 0; n < rows; ++n) sum += (at[n][a] - mean_a) * (at[n][b] - mean_b);
    return sum / (rows - 1);
  };
  for (int a = 0; a < width; ++a) {
    total += 25 * std::max(0.0, 1 - std::sqrt(covariance(a, a) + 1e-4)) / width;
    for (int b = 0; b < width; ++b) total += a == b ? 0 : std::pow(covariance(a, b), 2) / width;
  }
  return total;
}

void test_value() {
  VicReg objective = make(tandem::single_rank());
  const at::Tensor a = numbers(1.37), b = numbers(2.71);
  double distance = 0;
  for (int n = 0; n < rows; ++n)
    for (int d = 0; d < width; ++d)
      distance += std::pow((a[n][d] - b[n][d]).item<double>(), 2) / (rows * width);
  expect_close("loss", loss_of(objective, {a, b}).item<double>(),
               25 * distance + spread_terms(a) + spread_terms(b), 1e-12);
}

void test_three_views() {
  VicReg objective = make(tandem::single_rank());
  const at::Tensor a = numbers(1.37), b = numbers(2.71), c = numbers(0.77);
  const auto pair = [&](const at::Tensor& x, const at::Tensor& y) {
    return loss_of(objective, {x, y}).item<double>();
  };
  expect_close("three views", loss_of(objective, {a, b, c}).item<double>(),
               (pair(a, b) + pair(a, c) + pair(b, c)) / 3, 1e-12);
}

void test_gradient() {
  VicReg objective = make(tandem::single_rank());
  const auto loss = [&](const std::vector<at::Tensor>& z) { return loss_of(objective, z); };
  expect_close("gradient",
               tandem::testing::gradient_error(loss, {numbers(1.37), numbers(2.71), numbers(0.77)}),
               0, 1e-7);
}

/// The mean over ranks of losses and of the projector's gradients, as the host takes it, against
/// one rank's. All start with the same weights: the threads draw from one generator.
void test_ranks() {
  VicReg first = make(tandem::single_rank());
  const tandem::State start = tandem::state_of(first);
  const auto run = [&start](tandem::Collective& collective) {
    VicReg objective = make(collective);
    tandem::testing::copy_state(objective, start);
    const std::int64_t own = rows / collective.size();
    std::vector<tandem::Embedding> views;
    for (double seed : {1.37, 2.71}) {
      const at::Tensor latents = numbers(seed).narrow(1, 0, latent_width);
      views.push_back(objective.embed({latents.narrow(0, collective.rank() * own, own), {}}, {}));
    }
    const at::Tensor loss = objective.loss(views, {}).total;
    loss.backward();
    const at::Tensor weight = tandem::state_of(objective).parameters.at(0).tensor;
    return at::cat({loss.detach().reshape({1}), weight.grad().flatten()}) / collective.size();
  };
  const at::Tensor alone = run(tandem::single_rank());
  at::Tensor together = at::zeros_like(alone);
  std::mutex mutex;
  tandem::testing::run_ranks(4, [&](tandem::Collective& collective) {
    const at::Tensor part = run(collective);
    const std::lock_guard lock(mutex);
    together += part;
  });
  expect_close("four ranks", (together - alone).abs().max().item<double>(), 0, 1e-12);
}

}  // namespace

int main() {
  test_value();
  test_three_views();
  test_gradient();
  test_ranks();
  return failures;
}
