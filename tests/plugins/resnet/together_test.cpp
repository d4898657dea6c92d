// Views that pass the backbone as one batch, with BatchNorm's statistics for each.
#include "training.hpp"

#include <ATen/core/Generator.h>
#include <torch/nn/functional/dropout.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <functional>
#include <stdexcept>

using namespace resnet_training;

namespace {

/// Latents of each row by a function of the whole batch.
class Made final : public Encoder {
 public:
  explicit Made(std::function<at::Tensor(const at::Tensor&)> made, at::Tensor buffer = {})
      : make(std::move(made)), more(std::move(buffer)) {}
  at::Tensor operator()(const at::Tensor& view) override {
    return make(view.flatten(1).mm(weight));
  }
  std::int64_t width() const override { return 4; }
  void visit(StateVisitor& visitor) override {
    visitor.parameter("weight", weight);
    visitor.buffer("seen", seen);
    if (more.defined()) visitor.buffer("more", more);
  }
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}
  at::Tensor weight = torch::randn({12, 4}, at::kDouble).requires_grad_();
  at::Tensor seen = torch::zeros({3, 2}, at::kDouble);  // of two dimensions, as a queue has
  std::function<at::Tensor(const at::Tensor&)> make;
  at::Tensor more;
};

std::vector<at::Tensor> two_rows() {
  torch::manual_seed(71);
  return {torch::randn({2, 3, 2, 2}, at::kDouble), torch::randn({2, 3, 2, 2}, at::kDouble)};
}

bool same_together(const std::shared_ptr<Made>& encoder) {
  train::Learner learner(parts_of(encoder));
  const auto views = two_rows();
  return learner.difference_together(views).empty();
}

bool same_together(std::function<at::Tensor(const at::Tensor&)> make) {
  return same_together(std::make_shared<Made>(std::move(make)));
}

}  // namespace

TEST_CASE("views that pass together train as one after another (float64, 20 steps of SGD)") {
  for (const std::string norm : {"batch", "group"}) {
    const Outcome apart = outcome_of(parts_of(network_with(norm)));
    CHECK(std::abs(apart.losses.back() - apart.losses.front()) > 1e-4 * apart.losses.front());
    INFO(norm);
    check_same(outcome_of(parts_of(network_with(norm)), /*together=*/true), apart);
  }
}

// Running values are moved by the chunks in another order: by one of each view in turn.
TEST_CASE("views that pass together do so chunk by chunk") {
  const auto in_chunks = [] {
    auto parts = parts_of(network_with("batch"));
    parts.chunks = 2;
    return parts;
  };
  Outcome apart = outcome_of(in_chunks()), together = outcome_of(in_chunks(), /*together=*/true);
  apart.state = together.state = {};
  check_same(together, apart);
}

TEST_CASE("a trial finds whether it makes a difference that views pass together") {
  train::Learner resnet(parts_of(network_with("batch")));
  const std::vector<at::Tensor> pictures = {view_of(0).narrow(0, 0, 2), view_of(1).narrow(0, 0, 2)};
  CHECK(resnet.difference_together(pictures).empty());

  CHECK(same_together([](const at::Tensor& rows) { return rows.sin(); }));
  CHECK_FALSE(same_together([](const at::Tensor& rows) { return rows - rows.mean(0); }));
  CHECK_FALSE(same_together(
      [](const at::Tensor& rows) { return torch::nn::functional::dropout(rows, {}); }));
  // Rows that meet behind a gate that is closed at first.
  const at::Tensor gate = torch::zeros({4}, at::kDouble);
  CHECK_FALSE(same_together(std::make_shared<Made>(
      [gate](const at::Tensor& rows) { return rows + gate * rows.mean(0); }, gate)));
  // Batches that are counted, whatever they have counted before.
  const auto counter = std::make_shared<Made>(nullptr, torch::full({}, 5000, at::kLong));
  counter->make = [&counter](const at::Tensor& rows) {
    counter->more += 1;
    return rows;
  };
  CHECK_FALSE(same_together(counter));
  CHECK_FALSE(same_together([](const at::Tensor& rows) {
    if (rows.size(0) != 2) throw std::runtime_error("two rows are expected");
    return rows;
  }));
  // By LibTorch's own kernel, which is replaced.
  auto norm = std::make_shared<torch::nn::BatchNorm1dImpl>(4);
  norm->to(at::kDouble);
  CHECK(same_together([norm](const at::Tensor& rows) { return norm->forward(rows); }));
}

TEST_CASE("a trial leaves state and random numbers as they were") {
  auto encoder = std::make_shared<Made>(nullptr);
  encoder = std::make_shared<Made>([&encoder](const at::Tensor& rows) {
    encoder->seen = encoder->seen + 1;  // another tensor, as scripts have it
    return rows * torch::rand({}, at::kDouble);
  });
  const at::Tensor weight = encoder->weight.detach().clone();
  torch::manual_seed(73);
  const at::Tensor next = torch::rand({4});
  train::Learner learner(parts_of(encoder));
  const auto views = two_rows();
  torch::manual_seed(73);
  learner.difference_together(views);
  CHECK(torch::equal(torch::rand({4}), next));
  CHECK(encoder->seen.abs().sum().item<double>() == 0);
  CHECK(torch::equal(encoder->weight, weight));
}
