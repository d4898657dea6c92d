// bfloat16: what it reaches, and what it leaves as it is.
#include "train/precision.hpp"

#include "catch.hpp"
#include "tandem/sdk/collective.hpp"
#include "train/learner.hpp"
#include "train/parameter_groups.hpp"

#include <ATen/autocast_mode.h>
#include <torch/types.h>

#include <stdexcept>

using namespace tandem;

namespace {

bool autocast() {
  return at::autocast::is_autocast_enabled(at::kCPU);
}

/// A product and a BatchNorm.
class Layer final : public Encoder {
 public:
  at::Tensor operator()(const at::Tensor& view) override {
    if (fails) throw std::runtime_error("no latents today");
    const auto product = view.mm(weight);
    product_type = product.scalar_type();
    return at::batch_norm(product, {}, {}, mean, variance, true, 0.1, 1e-5, false);
  }
  std::int64_t width() const override { return 8; }
  void visit(StateVisitor& visitor) override {
    visitor.parameter("weight", weight);
    visitor.buffer("mean", mean);
    visitor.buffer("variance", variance);
  }
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}

  at::Tensor weight = torch::randn({16, 8}).requires_grad_();
  at::Tensor mean = torch::zeros({8}), variance = torch::ones({8});
  at::ScalarType product_type = at::kDouble;
  bool fails = false;
};

struct Seen {
  std::vector<at::ScalarType> types;  // of all that reaches the loss
  bool autocast_in_embed = false, autocast_in_loss = true;
};

class Head final : public Objective {
 public:
  Head(const ObjectiveContext& context, Seen& seen) : Objective(context), seen_(seen) {}
  Embedding embed(const Latents& latents, const ViewContext&) override {
    seen_.autocast_in_embed = autocast();
    const auto embedding = latents.online.mm(weight);
    return {embedding, embedding.detach(), {embedding * 2}};
  }
  Loss loss(std::span<const Embedding> views, const StepContext&) override {
    seen_.autocast_in_loss = autocast();
    for (const auto& view : views)
      for (const auto& tensor : {view.online, view.target, view.extra.at(0)})
        seen_.types.push_back(tensor.scalar_type());
    return {(views[0].online - views[1].target).square().mean() + views[1].extra[0].abs().mean(),
            {}};
  }
  void visit(StateVisitor& visitor) override { visitor.parameter("weight", weight); }
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}

  at::Tensor weight = torch::randn({8, 4}).requires_grad_();

 private:
  Seen& seen_;
};

/// One learner of fixed weights and views.
struct Trial {
  explicit Trial(bool bfloat16, std::int64_t chunks = 1) {
    torch::manual_seed(5);
    encoder = std::make_shared<Layer>();
    ObjectiveContext context;
    context.encoder = encoder;
    context.collective = &single_rank();
    train::LearnerParts parts;
    parts.encoder = encoder;
    auto made = std::make_unique<Head>(context, seen);
    head = made.get();
    parts.objective = std::move(made);
    train::SgdOptions options;
    options.lr = 0.1;
    parts.optimizer =
        train::make_optimizer(train::trained_parameters(*encoder, *parts.objective), options, 32);
    parts.views = {{0, 2, "", true}, {1, 2, "", true}};
    parts.chunks = chunks;
    parts.bfloat16 = bfloat16;
    learner = std::make_unique<train::Learner>(std::move(parts));
    views = {torch::randn({32, 16}), torch::randn({32, 16})};
  }
  train::StepResult step() { return learner->step(views, {0, 1, 1}); }

  Seen seen;
  std::shared_ptr<Layer> encoder;
  Head* head = nullptr;
  std::unique_ptr<train::Learner> learner;
  std::vector<at::Tensor> views;
};

}  // namespace

TEST_CASE("a processor multiplies bfloat16 where it says so") {
  const auto with = [](const std::string& line) {
    return train::multiplies_bfloat16("processor\t: 0\n" + line + "\nbugs\t: bf16\n");
  };
  CHECK(with("flags\t\t: fpu avx512f avx512_bf16 vaes"));
  CHECK(with("flags\t\t: fpu amx_bf16"));
  CHECK(with("Features\t: fp asimd bf16 i8mm"));
  CHECK_FALSE(with("flags\t\t: fpu avx2 avx512f avx512_bf16x"));
  CHECK_FALSE(with("Features\t: fp asimd"));
  CHECK_FALSE(train::multiplies_bfloat16(""));
}

TEST_CASE("the guard reaches its scope alone, and puts back what was set") {
  const auto a = torch::ones({2, 2}), b = torch::ones({2, 2});
  {
    const train::Bfloat16 off(false);
    CHECK(a.mm(b).scalar_type() == at::kFloat);
  }
  try {
    const train::Bfloat16 outer(true);
    CHECK(a.mm(b).scalar_type() == at::kBFloat16);
    { const train::Bfloat16 inner(true); }
    CHECK(autocast());
    throw std::runtime_error("on the way");
  } catch (const std::runtime_error&) {
    CHECK_FALSE(autocast());
  }
  CHECK(a.mm(b).scalar_type() == at::kFloat);
  CHECK(at::autocast::is_autocast_cache_enabled());

  at::autocast::set_autocast_enabled(at::kCPU, true);
  at::autocast::set_autocast_dtype(at::kCPU, at::kHalf);
  {
    const train::Bfloat16 on(true);
    CHECK(a.mm(b).scalar_type() == at::kBFloat16);
  }
  CHECK(autocast());
  CHECK(at::autocast::get_autocast_dtype(at::kCPU) == at::kHalf);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  at::autocast::set_autocast_enabled(at::kCPU, false);
}

TEST_CASE("weights that ran without a graph first have their gradient all the same") {
  const auto weight = torch::ones({2, 2}).requires_grad_();
  const train::Bfloat16 on(true);
  {
    const at::NoGradGuard no_grad;
    torch::ones({2, 2}).mm(weight);
  }
  torch::ones({2, 2}).mm(weight).sum().backward();
  REQUIRE(weight.grad().defined());
  CHECK(weight.grad().scalar_type() == at::kFloat);
  CHECK(torch::equal(weight.grad(), torch::full({2, 2}, 2.0)));
}

TEST_CASE("in bfloat16 the loss, the weights and BatchNorm's statistics are float32") {
  for (const std::int64_t chunks : {1, 2}) {
    CAPTURE(chunks);
    Trial wide(false, chunks), narrow(true, chunks);
    const auto expected = wide.step(), got = narrow.step();
    CHECK(wide.encoder->product_type == at::kFloat);
    CHECK(narrow.encoder->product_type == at::kBFloat16);
    CHECK(narrow.seen.autocast_in_embed);
    CHECK_FALSE(narrow.seen.autocast_in_loss);
    CHECK(narrow.seen.types == std::vector<at::ScalarType>(6, at::kFloat));
    CHECK_FALSE(autocast());
    CHECK(got.loss.scalar_type() == at::kFloat);
    CHECK(got.latents.scalar_type() == at::kFloat);
    for (const auto& embedding : got.embeddings)
      CHECK(embedding.online.scalar_type() == at::kFloat);
    for (const auto& tensor : {narrow.encoder->weight, narrow.head->weight, narrow.encoder->mean,
                               narrow.encoder->variance})
      CHECK(tensor.scalar_type() == at::kFloat);
    // bfloat16 has 8 bits: 0.4 % of a number, less of a mean of many.
    CHECK(got.loss.item<double>() == Approx(expected.loss.item<double>()).epsilon(0.01));
    CHECK(got.loss.item<double>() != expected.loss.item<double>());
    CHECK(torch::allclose(narrow.encoder->weight, wide.encoder->weight, 0, 0.01));
    CHECK(torch::allclose(narrow.encoder->mean, wide.encoder->mean, 0, 0.01));
    CHECK_FALSE(torch::equal(narrow.encoder->weight, Trial(true).encoder->weight));
  }
}

TEST_CASE("what throws inside leaves autocast as it was") {
  for (const std::int64_t chunks : {1, 2}) {
    Trial trial(true, chunks);
    trial.encoder->fails = true;
    CHECK_THROWS_AS(trial.step(), std::runtime_error);
    CHECK_FALSE(autocast());
    CHECK(at::autocast::is_autocast_cache_enabled());
  }
}

TEST_CASE("the probe measures all four, and draws no random numbers") {
  torch::manual_seed(3);
  const auto expected = torch::randn({4});
  torch::manual_seed(3);
  const auto probe = train::probe_precision();
  CHECK(torch::equal(torch::randn({4}), expected));
  for (const double seconds : {probe.product_float32, probe.product_bfloat16,
                               probe.convolution_float32, probe.convolution_bfloat16})
    CHECK(seconds > 0);
  CHECK(probe.gain() > 0);
  const auto choice = train::choose_precision();
  CHECK(choice.probe.has_value() == train::multiplies_bfloat16());
  CHECK((choice.probe || !choice.bfloat16));
}
