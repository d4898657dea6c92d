#include "tandem/sdk/fused_norm.hpp"

#include "catch.hpp"
#include "tandem/base/error.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

using tandem::batch_norm_relu;
using tandem::BatchNormState;
using tandem::PlainBatchNorm;

namespace {

at::Tensor channels_last(const at::Tensor& maps) {
  return maps.contiguous(at::MemoryFormat::ChannelsLast);
}

/// What a layer is given; all float32.
struct Given {
  at::Tensor x, weight, bias, residual, dy;
};

/// Channels that lie `shift` from 0 and are spread differently. No gradient reaches what is next to
/// the ReLU's kink, where rounding decides whether it passes.
Given given(at::IntArrayRef shape, bool residual, double shift = 0) {
  torch::manual_seed(29);
  const std::int64_t channels = shape[1];
  const at::Tensor spread = torch::linspace(0.1, 3, channels).view({1, channels, 1, 1});
  Given in{channels_last(torch::randn(shape) * spread + shift), torch::rand({channels}) + 0.5,
           torch::randn({channels}), residual ? channels_last(torch::randn(shape)) : at::Tensor(),
           channels_last(torch::randn(shape))};
  at::Tensor before = at::batch_norm(in.x.to(at::kDouble), in.weight.to(at::kDouble),
                                     in.bias.to(at::kDouble), {}, {}, true, 0, 1e-5, false);
  if (residual) before += in.residual;
  in.dy.masked_fill_(before.abs() < 1e-4, 0);
  return in;
}

struct Outcome {
  at::Tensor y, dx, dweight, dbias, dresidual, mean, variance;
};

at::Tensor leaf(const at::Tensor& tensor, at::ScalarType type) {
  if (!tensor.defined()) return tensor;
  return tensor.to(type).clone(at::MemoryFormat::Preserve).requires_grad_();
}

BatchNormState state_of(const Given& given, at::ScalarType type = at::kFloat) {
  const std::int64_t channels = given.weight.size(0);
  return {leaf(given.weight, type), leaf(given.bias, type), torch::zeros({channels}, type),
          torch::ones({channels}, type)};
}

Outcome run(const Given& given, at::ScalarType type = at::kFloat) {
  const at::Tensor x = leaf(given.x, type), residual = leaf(given.residual, type);
  const BatchNormState norm = state_of(given, type == at::kBFloat16 ? at::kFloat : type);
  const at::Tensor y = batch_norm_relu(x, norm, residual);
  y.backward(given.dy.to(type));
  return {y.detach(),
          x.grad(),
          norm.weight.grad(),
          norm.bias.grad(),
          residual.defined() ? residual.grad() : at::Tensor(),
          norm.running_mean,
          norm.running_var};
}

constexpr at::Tensor Outcome::*parts[] = {&Outcome::y,       &Outcome::dx,        &Outcome::dweight,
                                          &Outcome::dbias,   &Outcome::dresidual, &Outcome::mean,
                                          &Outcome::variance};

double error_of(const at::Tensor& found, const at::Tensor& exact) {
  return ((found.to(at::kDouble) - exact).norm() / exact.norm()).item<double>();
}

bool is_fused(const at::Tensor& y) {
  return y.grad_fn()->name().find("NormRelu") != std::string::npos;
}

bool runs_fused(const at::Tensor& x, const BatchNormState& norm, const at::Tensor& residual = {}) {
  return is_fused(batch_norm_relu(x, norm, residual));
}

}  // namespace

TEST_CASE("fused BatchNorm and ReLU are as near to float64 as LibTorch's operations, or nearer") {
  const std::vector<std::vector<std::int64_t>> shapes = {
      {64, 64, 32, 32}, {16, 48, 7, 9}, {33, 512, 4, 4}, {3, 5, 2, 1}, {2, 1, 3, 3}};
  for (const auto& shape : shapes) {
    for (const bool residual : {false, true}) {
      for (const double shift : {0.0, 4.0}) {
        INFO(shape[1] << " channels, residual: " << residual << ", shift: " << shift);
        const Given in = given(shape, residual, shift);
        const Outcome fused = run(in);
        const PlainBatchNorm scope;
        const Outcome exact = run(in, at::kDouble), plain = run(in);
        for (const auto part : parts) {
          if (!(exact.*part).defined()) continue;
          // What a float cannot tell apart, more of it where numbers of the shift's size meet.
          const double floor = 1e-6 * (1 + shift);
          CHECK(error_of(fused.*part, exact.*part) <=
                std::max(floor, error_of(plain.*part, exact.*part)));
        }
      }
    }
  }
}

TEST_CASE("in bfloat16 they are as near to float64 as LibTorch's operations, or nearer") {
  for (const bool residual : {false, true}) {
    INFO("residual: " << residual);
    Given in = given({16, 48, 7, 9}, residual);
    for (at::Tensor* maps : {&in.x, &in.residual, &in.dy})
      if (maps->defined()) *maps = maps->to(at::kBFloat16);
    const Outcome fused = run(in, at::kBFloat16);
    const PlainBatchNorm scope;
    const Outcome exact = run(in, at::kDouble), plain = run(in, at::kBFloat16);
    for (const auto part : parts) {
      if (!(exact.*part).defined()) continue;
      CHECK(error_of(fused.*part, exact.*part) <=
            std::max(3e-3, 1.1 * error_of(plain.*part, exact.*part)));
    }
  }
}

TEST_CASE("a bfloat16 result is the nearest, ties to even, and a NaN stays one") {
  // Weight 1, bias 0, mean 0 and variance 1 − eps: what goes in comes out, but for rounding.
  const at::Tensor x = channels_last(torch::tensor({1.0F, -1.0F}).view({2, 1, 1, 1}));
  const auto through = [&](float bias) {
    const BatchNormState norm{torch::zeros({1}), torch::full({1}, bias), {}, {}};
    return batch_norm_relu(x.to(at::kBFloat16), norm).to(at::kFloat)[0].item<float>();
  };
  // bfloat16 has 8 significant bits: between 1 and 2 it steps by 1/128.
  CHECK(through(1 + 1.0F / 256) == 1);
  CHECK(through(1 + 3.0F / 256) == 1 + 2.0F / 128);
  CHECK(through(1 + 1.1F / 256) == 1 + 1.0F / 128);
  CHECK(std::isnan(through(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("each number of threads gives the same bits, with and without a graph") {
  for (const bool residual : {false, true}) {
    const Given in = given({24, 40, 16, 16}, residual);
    const int threads = at::get_num_threads();
    at::set_num_threads(1);
    const Outcome one = run(in);
    for (const int number : {2, 3, 5}) {
      at::set_num_threads(number);
      const Outcome more = run(in);
      for (const auto part : parts)
        if ((one.*part).defined()) CHECK(torch::equal(more.*part, one.*part));
    }
    at::set_num_threads(threads);
    const torch::NoGradGuard no_grad;
    CHECK(torch::equal(batch_norm_relu(in.x, state_of(in), in.residual), one.y));
  }
}

TEST_CASE("only channels-last maps of float32 and bfloat16 in training are fused") {
  const Given in = given({4, 6, 3, 3}, true);
  CHECK(runs_fused(in.x, state_of(in), in.residual));
  CHECK(runs_fused(in.x, state_of(in)));

  CHECK_FALSE(runs_fused(in.x.contiguous(), state_of(in)));
  CHECK_FALSE(runs_fused(in.x, state_of(in), in.residual.contiguous()));
  CHECK_FALSE(runs_fused(in.x.to(at::kDouble), state_of(in, at::kDouble)));
  CHECK(runs_fused(in.x.to(at::kBFloat16), state_of(in), in.residual.to(at::kBFloat16)));
  CHECK_FALSE(runs_fused(in.x.to(at::kBFloat16), state_of(in), in.residual));
  CHECK_FALSE(runs_fused(in.x.to(at::kBFloat16), state_of(in, at::kBFloat16)));
  CHECK_FALSE(runs_fused(in.x.flatten(2), state_of(in)));
  BatchNormState evaluated = state_of(in);
  evaluated.training = false;
  CHECK_FALSE(runs_fused(in.x, evaluated));
  BatchNormState bare = state_of(in);
  bare.weight = bare.bias = at::Tensor();
  CHECK_FALSE(is_fused(batch_norm_relu(leaf(in.x, at::kFloat), bare)));
  {
    const PlainBatchNorm outer;
    { const PlainBatchNorm inner; }
    CHECK_FALSE(runs_fused(in.x, state_of(in)));
  }
  CHECK(runs_fused(in.x, state_of(in)));
}

TEST_CASE("in evaluation it is relu((x − mean) / √(variance + eps) · weight + bias + residual)") {
  const Given in = given({4, 6, 3, 3}, true);
  BatchNormState norm = state_of(in);
  norm.training = false;
  norm.running_mean = torch::linspace(-1, 1, 6);
  norm.running_var = torch::linspace(0.5, 2, 6);
  const auto wide = [](const at::Tensor& vector) { return vector.view({1, 6, 1, 1}); };
  const at::Tensor expected =
      (in.x - wide(norm.running_mean)) / (wide(norm.running_var) + 1e-5).sqrt() * wide(in.weight) +
      wide(in.bias) + in.residual;
  CHECK(
      torch::allclose(batch_norm_relu(in.x, norm, in.residual), expected.clamp_min(0), 1e-5, 1e-6));
}

TEST_CASE("a NaN is not hidden, neither in the output nor in the gradient") {
  Given in = given({4, 6, 3, 3}, false);
  in.x[1][2][0][0] = std::numeric_limits<float>::quiet_NaN();
  const Outcome found = run(in);
  CHECK(found.y.select(1, 2).isnan().all().item<bool>());
  CHECK(found.dx.select(1, 2).isnan().all().item<bool>());
  CHECK_FALSE(found.y.select(1, 3).isnan().any().item<bool>());
}

TEST_CASE("a second derivative is refused with the remedy, which works") {
  const Given in = given({4, 6, 3, 3}, false);
  const at::Tensor x = leaf(in.x, at::kFloat);
  const auto second = [&] {
    const at::Tensor y = batch_norm_relu(x, state_of(in));
    const auto first = torch::autograd::grad({y}, {x}, {in.dy}, true, /*create_graph=*/true);
    return torch::autograd::grad({first[0].square().sum()}, {x})[0];
  };
  try {
    second();
    FAIL("no error");
  } catch (const tandem::Error& error) {
    CHECK(error.kind() == tandem::ErrorKind::usage);
    CHECK(std::string(error.what()).find("PlainBatchNorm") != std::string::npos);
  }
  const PlainBatchNorm scope;
  CHECK(second().abs().sum().item<float>() > 0);
}

TEST_CASE("one value a channel cannot be normalised") {
  const Given in = given({1, 6, 1, 1}, false);
  CHECK_THROWS_AS(batch_norm_relu(in.x, state_of(in)), c10::Error);
  const auto as_they_are = [](const at::Tensor& y) { return y; };
  CHECK_THROWS_AS(tandem::batch_norm_relu_then(in.x, state_of(in), as_they_are), c10::Error);
}
