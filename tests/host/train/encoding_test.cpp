#include "catch.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/collective.hpp"
#include "tandem/sdk/module.hpp"
#include "train/learner.hpp"
#include "train/parameter_groups.hpp"

#include <ATen/autocast_mode.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/types.h>

#include <functional>

using namespace tandem;

namespace {

/// (N, 3) → (N, 2) by a function of the weight; notes what it is given.
class Mapping final : public Encoder {
 public:
  using Function = std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>;
  explicit Mapping(Function function) : function_(std::move(function)) {}
  at::Tensor operator()(const at::Tensor& view) override {
    rows.push_back(view.size(0));
    with_graph.push_back(at::GradMode::is_enabled());
    return function_(view, weight);
  }
  std::int64_t width() const override { return 2; }
  void visit(StateVisitor& visitor) override { visitor.parameter("weight", weight); }
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}

  at::Tensor weight = torch::arange(1, 7, at::kDouble).reshape({3, 2}).requires_grad_();
  std::vector<std::int64_t> rows;
  std::vector<bool> with_graph;

 private:
  Function function_;
};

/// The sum of all latents; counts its targets.
class Adding : public Objective {
 public:
  using Objective::Objective;
  Latents encode(const at::Tensor& view, const ViewContext& context) override {
    Latents latents = Objective::encode(view, context);
    if (!context.needs_target) return latents;
    targets.push_back(view.size(0));
    latents.target = latents.online.detach() * 2;
    return latents;
  }
  Embedding embed(const Latents& latents, const ViewContext&) override {
    target_rows.push_back(latents.target.defined() ? latents.target.size(0) : 0);
    return {latents.online, latents.target, {}};
  }
  Loss loss(std::span<const Embedding> views, const StepContext&) override {
    at::Tensor total = torch::zeros({}, views[0].online.options());
    for (const auto& view : views) total = total + view.online.sum();
    return {total, {}};
  }
  void visit(StateVisitor&) override {}
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}
  std::vector<std::int64_t> targets, target_rows;
};

/// Whose latents are other ones at every call.
class Impure final : public Adding {
 public:
  using Adding::Adding;
  Latents encode(const at::Tensor& view, const ViewContext&) override {
    return {encoder()(view) * ++calls_, {}};
  }

 private:
  int calls_ = 0;
};

template <class Made>
Made& add_objective(train::LearnerParts& parts, const std::shared_ptr<Encoder>& encoder) {
  ObjectiveContext context;
  context.encoder = encoder;
  context.collective = &single_rank();
  parts.encoder = encoder;
  auto made = std::make_unique<Made>(context);
  Made& objective = *made;
  parts.objective = std::move(made);
  return objective;
}

train::Learner finish(train::LearnerParts parts, std::int64_t chunks) {
  parts.optimizer = train::make_optimizer(
      train::trained_parameters(*parts.encoder, *parts.objective), train::SgdOptions{});
  parts.views = {{0, 2, "", true}, {1, 2, "", true}};
  parts.chunks = chunks;
  return train::Learner(std::move(parts));
}

std::vector<at::Tensor> two_views(std::int64_t rows = 6) {
  torch::manual_seed(3);
  return {torch::randn({rows, 3}, at::kDouble), torch::randn({rows, 3}, at::kDouble)};
}

at::Tensor product(const at::Tensor& view, const at::Tensor& weight) {
  return view.mm(weight);
}

}  // namespace

TEST_CASE("chunks pass first without a graph, then each once more; targets pass once") {
  train::LearnerParts parts;
  const auto encoder = std::make_shared<Mapping>(product);
  auto& objective = add_objective<Adding>(parts, encoder);
  auto learner = finish(std::move(parts), 3);
  learner.step(two_views(), {0, 1, 1});
  CHECK(encoder->rows == std::vector<std::int64_t>(12, 2));
  std::vector<bool> passes(12, true);
  std::fill_n(passes.begin(), 6, false);
  CHECK(encoder->with_graph == passes);
  CHECK(objective.targets == std::vector<std::int64_t>(6, 2));
  CHECK(objective.target_rows == std::vector<std::int64_t>{6, 6});
}

TEST_CASE("the second pass of a chunk draws what its first drew, and leaves no trace of it") {
  std::vector<at::Tensor> masks;
  const auto encoder =
      std::make_shared<Mapping>([&](const at::Tensor& view, const at::Tensor& weight) {
        masks.push_back(torch::rand({view.size(0), 1}, at::kDouble));
        return view.mm(weight) * masks.back();
      });
  train::LearnerParts parts;
  add_objective<Adding>(parts, encoder);
  auto learner = finish(std::move(parts), 2);
  const auto views = two_views();
  learner.step(views, {0, 1, 1});
  const at::Tensor next = torch::rand({1}, at::kDouble);
  REQUIRE(masks.size() == 8);
  for (std::size_t i = 0; i < 4; ++i) CHECK(torch::equal(masks[i], masks[i + 4]));
  CHECK_FALSE(torch::equal(masks[0], masks[1]));
  // d Σ m·(v w) / dw = Σ vᵀm, the same in both columns.
  at::Tensor expected = torch::zeros({3, 1}, at::kDouble);
  for (std::size_t i = 0; i < 4; ++i)
    expected += views[i / 2].narrow(0, 3 * static_cast<std::int64_t>(i % 2), 3).t().mm(masks[i]);
  CHECK(torch::allclose(encoder->weight.grad(), expected.expand({3, 2}), 1e-13, 1e-13));
  // As if there had been the first passes alone.
  learner.step(views, {0, 1, 1});
  CHECK(torch::equal(torch::rand({1}, at::kDouble), next));
}

TEST_CASE("BatchNorm's running values move once a chunk, by the formula") {
  struct Normed final : WithModules<Encoder> {
    Normed() { norm->to(at::kDouble); }
    at::Tensor operator()(const at::Tensor& view) override { return norm(view); }
    std::int64_t width() const override { return 3; }
    torch::nn::BatchNorm1d norm = add("norm", torch::nn::BatchNorm1d(3));
  };
  const auto encoder = std::make_shared<Normed>();
  train::LearnerParts parts;
  add_objective<Adding>(parts, encoder);
  auto learner = finish(std::move(parts), 2);
  const auto views = two_views(8);
  learner.step(views, {0, 1, 1});
  at::Tensor mean = torch::zeros({3}, at::kDouble), var = torch::ones({3}, at::kDouble);
  for (const auto& view : views) {
    for (const std::int64_t first : {0, 4}) {
      const at::Tensor chunk = view.narrow(0, first, 4);
      mean = 0.9 * mean + 0.1 * chunk.mean(0);
      var = 0.9 * var + 0.1 * chunk.var(0, /*unbiased=*/true);
    }
  }
  CHECK(torch::allclose(encoder->norm->running_mean, mean, 1e-13, 1e-13));
  CHECK(torch::allclose(encoder->norm->running_var, var, 1e-13, 1e-13));
  CHECK(encoder->norm->num_batches_tracked.item<std::int64_t>() == 4);
}

TEST_CASE("weights that autocast narrowed in the first passes learn in the second") {
  const auto gradient = [](std::int64_t chunks) {
    const auto encoder = std::make_shared<Mapping>(product);
    encoder->weight = encoder->weight.detach().to(at::kFloat).requires_grad_();
    train::LearnerParts parts;
    add_objective<Adding>(parts, encoder);
    auto learner = finish(std::move(parts), chunks);
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::increment_nesting();
    auto views = two_views();
    for (auto& view : views) view = view.to(at::kFloat);
    learner.step(views, {0, 1, 1});
    at::autocast::decrement_nesting();
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::kCPU, false);
    return encoder->weight.grad();
  };
  const at::Tensor chunked = gradient(2);
  REQUIRE(chunked.defined());
  CHECK(torch::allclose(chunked, gradient(1), 0.05, 0.05));
}

TEST_CASE("an encode that gives other latents at each call is refused") {
  train::LearnerParts parts;
  const auto encoder = std::make_shared<Mapping>(product);
  add_objective<Impure>(parts, encoder);
  auto learner = finish(std::move(parts), 2);
  try {
    learner.step(two_views(), {0, 1, 1});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::plugin);
    CHECK(std::string(error.what()).find("set train.accumulate = 1") != std::string::npos);
  }
}
