// Without the host: a toy encoder, ranks in one process, and a gradient check. The plugin is one
// file, and the test takes it in to reach its class.
#include "my_objective.cpp"

#include <tandem/sdk/testing.hpp>

#include <cmath>
#include <cstdio>
#include <mutex>

namespace {

constexpr std::int64_t rows = 8, width = 5;
int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

at::Tensor numbers(double seed) {
  const at::Tensor x = at::arange(1, rows * width + 1, at::dtype(at::kDouble));
  return 0.5 * at::sin(x * seed).reshape({rows, width});
}

MyObjective make(tandem::Collective& collective) {
  auto context = tandem::testing::toy_context(tandem::testing::toy_encoder(3, 4), rows);
  context.collective = &collective;
  return MyObjective({}, context);
}

at::Tensor loss_of(MyObjective& objective, const std::vector<at::Tensor>& embeddings) {
  std::vector<tandem::Embedding> views;
  for (const at::Tensor& z : embeddings) views.push_back({z, {}, {}});
  return objective.loss(views, {}).total;
}

void test_value() {
  MyObjective objective = make(tandem::single_rank());
  // Views that agree and do not vary: all that is missing is deviation, of which there is √1e-4.
  const at::Tensor same = at::ones({rows, width}, at::kDouble);
  expect(std::abs(loss_of(objective, {same, same}).item<double>() - 0.99) < 1e-9,
         "the value of a collapse");
}

void test_gradient() {
  MyObjective objective = make(tandem::single_rank());
  const auto loss = [&](const std::vector<at::Tensor>& z) { return loss_of(objective, z); };
  expect(tandem::testing::gradient_error(loss, {numbers(1.37), numbers(2.71)}) < 1e-6,
         "the gradient");
}

/// The mean over ranks of losses and gradients, as the host takes it, is one rank's.
void test_ranks() {
  const auto run = [](tandem::Collective& collective) {
    MyObjective objective = make(collective);
    at::Tensor weight = at::eye(width, at::dtype(at::kDouble)).requires_grad_();
    const std::int64_t own = rows / collective.size();
    std::vector<at::Tensor> z;
    for (double seed : {1.37, 2.71})
      z.push_back(numbers(seed).narrow(0, collective.rank() * own, own).mm(weight));
    const at::Tensor loss = loss_of(objective, z);
    loss.backward();
    return at::cat({loss.detach().reshape({1}), weight.grad().flatten()}) / collective.size();
  };
  at::Tensor difference = -run(tandem::single_rank());
  std::mutex mutex;
  tandem::testing::run_ranks(2, [&](tandem::Collective& collective) {
    const at::Tensor part = run(collective);
    const std::lock_guard lock(mutex);
    difference += part;
  });
  expect(difference.abs().max().item<double>() < 1e-12,
         "two ranks have the loss and gradient of one");
}

}  // namespace

int main() {
  test_value();
  test_gradient();
  test_ranks();
  return failures;
}
