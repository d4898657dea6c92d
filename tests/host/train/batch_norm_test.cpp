#include "train/batch_norm.hpp"

#include "catch.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/testing.hpp"

#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/instancenorm.h>
#include <torch/types.h>

#include <mutex>

using namespace tandem;
namespace nn = torch::nn;

namespace {

/// A layer's work on a batch, forward and backward.
struct Outcome {
  at::Tensor output, dx, dweight, dbias, mean, variance;
};

/// Σ output·g, so that its gradient is nothing special.
template <class Layer>
Outcome pass(Layer& layer, const at::Tensor& rows, const at::Tensor& cotangent) {
  const at::Tensor x = rows.clone().requires_grad_();
  const at::Tensor output = layer->forward(x);
  (output * cotangent).sum().backward();
  Outcome outcome{output.detach(), x.grad(), {}, {}, layer->running_mean, layer->running_var};
  if (layer->weight.defined())
    outcome.dweight = layer->weight.grad(), outcome.dbias = layer->bias.grad();
  return outcome;
}

at::Tensor own(const at::Tensor& whole, const Collective& collective) {
  const std::int64_t rows = whole.size(0) / collective.size();
  return whole.narrow(0, collective.rank() * rows, rows);
}

void check_close(const at::Tensor& found, const at::Tensor& expected, double tolerance) {
  REQUIRE(found.defined() == expected.defined());
  if (!found.defined()) return;
  const double distance = (found - expected).to(at::kDouble).norm().item<double>();
  CHECK(distance <= tolerance * expected.to(at::kDouble).norm().item<double>());
}

/// Every rank of `ranks`, threads of this process, against one pass of LibTorch's own kernel.
template <class Layer, class Options>
void check_layer(const Options& options, const at::Tensor& rows, int ranks, double tolerance) {
  const auto make = [&] {
    Layer layer(options);
    layer->to(rows.scalar_type());
    if (layer->weight.defined()) {
      const torch::NoGradGuard no_grad;
      layer->weight.copy_(torch::linspace(0.5, 1.5, layer->weight.numel()));
      layer->bias.copy_(torch::linspace(-1, 1, layer->bias.numel()));
    }
    return layer;
  };
  const at::Tensor cotangent = torch::sin(3 * rows + rows.square());
  Layer alone = make();
  const Outcome whole = pass(alone, rows, cotangent);
  std::mutex mutex;
  std::vector<Outcome> of_ranks(static_cast<std::size_t>(ranks));
  testing::run_ranks(ranks, [&](Collective& collective) {
    const train::BatchNormOverRanks scope(collective);
    Layer layer = make();
    auto outcome = pass(layer, own(rows, collective), own(cotangent, collective));
    const std::lock_guard lock(mutex);
    of_ranks[static_cast<std::size_t>(collective.rank())] = std::move(outcome);
  });
  const auto joined = [&](at::Tensor Outcome::*member) {
    std::vector<at::Tensor> parts;
    for (const auto& outcome : of_ranks) parts.push_back(outcome.*member);
    return torch::cat(parts);
  };
  check_close(joined(&Outcome::output), whole.output, tolerance);
  check_close(joined(&Outcome::dx), whole.dx, tolerance);
  at::Tensor dweight = of_ranks[0].dweight, dbias = of_ranks[0].dbias;
  for (std::size_t i = 1; i < of_ranks.size() && dweight.defined(); ++i)
    dweight = dweight + of_ranks[i].dweight, dbias = dbias + of_ranks[i].dbias;
  check_close(dweight, whole.dweight, tolerance);
  check_close(dbias, whole.dbias, tolerance);
  for (const auto& outcome : of_ranks) {
    check_close(outcome.mean, whole.mean, tolerance);
    check_close(outcome.variance, whole.variance, tolerance);
  }
}

at::Tensor numbers(at::IntArrayRef shape, at::ScalarType type = at::kDouble) {
  torch::manual_seed(17);
  return (torch::randn(shape, at::kDouble) * 2 + 5).to(type);
}

}  // namespace

TEST_CASE("BatchNorm over ranks is BatchNorm of the whole batch, forward and backward") {
  for (const int ranks : {2, 3, 4}) {
    INFO(ranks << " ranks");
    const at::Tensor maps = numbers({12, 5, 3, 4}), rows = numbers({12, 5});
    check_layer<nn::BatchNorm2d>(nn::BatchNormOptions(5), maps, ranks, 1e-13);
    check_layer<nn::BatchNorm2d>(nn::BatchNormOptions(5),
                                 maps.contiguous(at::MemoryFormat::ChannelsLast), ranks, 1e-13);
    check_layer<nn::BatchNorm1d>(nn::BatchNormOptions(5), rows, ranks, 1e-13);
    check_layer<nn::BatchNorm1d>(nn::BatchNormOptions(5).affine(false), rows, ranks, 1e-13);
    check_layer<nn::BatchNorm1d>(nn::BatchNormOptions(5).track_running_stats(false), rows, ranks,
                                 1e-13);
    check_layer<nn::BatchNorm2d>(nn::BatchNormOptions(5).momentum(0.3).eps(1e-2), maps, ranks,
                                 1e-13);
    check_layer<nn::BatchNorm2d>(nn::BatchNormOptions(5), maps.to(at::kFloat), ranks, 1e-5);
  }
}

TEST_CASE("BatchNorm over ranks serves a rank with a single sample") {
  check_layer<nn::BatchNorm2d>(nn::BatchNormOptions(5), numbers({4, 5, 3, 4}), 4, 1e-13);
}

TEST_CASE("InstanceNorm and BatchNorm in evaluation mode stay with their rank") {
  const at::Tensor maps = numbers({4, 5, 3, 4});
  check_layer<nn::InstanceNorm2d>(nn::InstanceNormOptions(5).affine(true), maps, 4, 1e-13);
  nn::BatchNorm2d evaluated(5);
  evaluated->to(at::kDouble);
  evaluated->eval();
  testing::run_ranks(2, [&](Collective& collective) {
    const train::BatchNormOverRanks scope(collective);
    const at::Tensor scaled = evaluated(maps * (collective.rank() + 1));
    const double factor = 1 / std::sqrt(1 + 1e-5);
    if (!torch::allclose(scaled, maps * (collective.rank() + 1) * factor))
      throw std::runtime_error("it saw other rows");
  });
}

TEST_CASE("without a scope the replaced kernel is LibTorch's, and a scope ends with its block") {
  const at::Tensor rows = numbers({8, 5});
  testing::run_ranks(2, [&](Collective& collective) {
    { const train::BatchNormOverRanks scope(collective); }
    const at::Tensor part = own(rows, collective);
    nn::BatchNorm1d layer(nn::BatchNormOptions(5).affine(false));
    layer->to(at::kDouble);
    const at::Tensor expected =
        (part - part.mean(0)) / (part.var(0, /*unbiased=*/false) + 1e-5).sqrt();
    if (!torch::allclose(layer(part), expected)) throw std::runtime_error("it saw other rows");
  });
}

TEST_CASE("BatchNorm over ranks refuses to be differentiated twice") {
  const at::Tensor rows = numbers({8, 5});
  testing::run_ranks(2, [&](Collective& collective) {
    const train::BatchNormOverRanks scope(collective);
    nn::BatchNorm1d layer(nn::BatchNormOptions(5));
    layer->to(at::kDouble);
    const at::Tensor x = own(rows, collective).clone().requires_grad_();
    const at::Tensor sum = layer(x).square().sum();
    try {
      torch::autograd::grad({sum}, {x}, {}, /*retain_graph=*/true, /*create_graph=*/true);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::usage &&
          std::string(error.what()).find("no second derivative") != std::string::npos)
        return;
      throw;
    }
    throw std::runtime_error("it took the moments for constants");
  });
}
