#include "catch.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/fused_norm.hpp"

#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <vector>

using tandem::batch_norm_relu;
using tandem::batch_norm_relu_then;
using tandem::BatchNormParts;
using tandem::BatchNormState;

namespace {

constexpr std::int64_t channels = 5, rows = 4;

at::Tensor channels_last(const at::Tensor& maps) {
  return maps.contiguous(at::MemoryFormat::ChannelsLast);
}

/// A layer, and two batches of different means that it sees one after another.
struct Layer {
  explicit Layer(bool with_residual, at::ScalarType type = at::kFloat) {
    torch::manual_seed(61);
    const auto maps = [type](double shift) {
      return channels_last((torch::randn({rows, channels, 6, 7}) + shift).to(type));
    };
    batches = {maps(0), maps(3)};
    if (with_residual) residuals = {maps(0.5), maps(-1)};
    dy = {maps(0), maps(0)};
    norm = {torch::rand({channels}).requires_grad_(), torch::randn({channels}).requires_grad_(),
            torch::zeros({channels}), torch::ones({channels})};
  }
  std::vector<at::Tensor> batches, residuals, dy;
  BatchNormState norm;
};

struct Outcome {
  at::Tensor y, dx, dresidual, dweight, dbias, mean, variance;
};

at::Tensor leaf(const at::Tensor& maps) {
  return maps.clone(at::MemoryFormat::Preserve).requires_grad_();
}

/// One batch through the layer; gradients of its weights add up.
Outcome pass(const Layer& layer, const at::Tensor& batch, const at::Tensor& residual,
             const at::Tensor& dy) {
  const at::Tensor x = leaf(batch), added = residual.defined() ? leaf(residual) : at::Tensor();
  const at::Tensor y = batch_norm_relu(x, layer.norm, added);
  y.backward(dy);
  return {y.detach(), x.grad(), added.defined() ? added.grad() : at::Tensor(), {}, {}, {}, {}};
}

at::Tensor both(const at::Tensor& first, const at::Tensor& second) {
  return first.defined() ? torch::cat({first, second}) : first;
}

void add_state(Outcome& outcome, const Layer& layer) {
  outcome.dweight = layer.norm.weight.grad();
  outcome.dbias = layer.norm.bias.grad();
  outcome.mean = layer.norm.running_mean;
  outcome.variance = layer.norm.running_var;
}

Outcome apart(const Layer& layer) {
  std::vector<Outcome> each;
  for (std::size_t i = 0; i < 2; ++i) {
    each.push_back(pass(layer, layer.batches[i],
                        layer.residuals.empty() ? at::Tensor() : layer.residuals[i], layer.dy[i]));
  }
  Outcome outcome{both(each[0].y, each[1].y),
                  both(each[0].dx, each[1].dx),
                  both(each[0].dresidual, each[1].dresidual),
                  {},
                  {},
                  {},
                  {}};
  add_state(outcome, layer);
  return outcome;
}

Outcome together(const Layer& layer) {
  const BatchNormParts parts(2);
  Outcome outcome = pass(layer, torch::cat(layer.batches),
                         layer.residuals.empty() ? at::Tensor() : torch::cat(layer.residuals),
                         torch::cat(layer.dy));
  add_state(outcome, layer);
  return outcome;
}

constexpr at::Tensor Outcome::*members[] = {&Outcome::y,       &Outcome::dx,    &Outcome::dresidual,
                                            &Outcome::dweight, &Outcome::dbias, &Outcome::mean,
                                            &Outcome::variance};

}  // namespace

TEST_CASE("two batches in parts are normalised as one after another, to the bit") {
  for (const bool residual : {false, true}) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
      INFO("residual: " << residual << ", " << type);
      const Outcome expected = apart(Layer(residual, type));
      const Outcome found = together(Layer(residual, type));
      for (const auto member : members) {
        REQUIRE((found.*member).defined() == (expected.*member).defined());
        if ((found.*member).defined()) CHECK(torch::equal(found.*member, expected.*member));
      }
    }
  }
}

TEST_CASE("maps of parts that are found again are those of the forward pass") {
  const Layer kept(false), found(false);
  const at::Tensor filter = torch::randn({3, channels, 3, 3});
  const auto use = [&](const at::Tensor& maps) { return at::conv2d(maps, filter).square(); };
  const BatchNormParts parts(2);
  const at::Tensor x = leaf(torch::cat(kept.batches)), again = leaf(torch::cat(found.batches));
  use(batch_norm_relu(x, kept.norm)).sum().backward();
  batch_norm_relu_then(again, found.norm, use).sum().backward();
  CHECK(torch::equal(again.grad(), x.grad()));
  CHECK(torch::equal(found.norm.weight.grad(), kept.norm.weight.grad()));
}

TEST_CASE("parts end with their scope, and take no batch that they do not divide") {
  CHECK(BatchNormParts::of(8) == 1);
  {
    const BatchNormParts four(4);
    CHECK(BatchNormParts::of(8) == 4);
    CHECK(BatchNormParts::of(6) == 1);
    {
      const BatchNormParts whole(1);
      CHECK(BatchNormParts::of(8) == 1);
    }
    CHECK(BatchNormParts::of(8) == 4);
  }
  CHECK(BatchNormParts::of(8) == 1);
  CHECK_THROWS_AS(BatchNormParts(0), tandem::Error);
}

TEST_CASE("a part of one value a channel is refused as a batch of one is") {
  const Layer layer(false);
  const at::Tensor single = torch::randn({2, channels, 1, 1});
  CHECK_NOTHROW(batch_norm_relu(single, layer.norm));
  const BatchNormParts parts(2);
  CHECK_THROWS_AS(batch_norm_relu(single, layer.norm), c10::Error);
}
