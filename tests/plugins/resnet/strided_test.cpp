#include "strided.hpp"

#include "catch.hpp"
#include "convolutions.hpp"
#include "network.hpp"

#include <ATen/autocast_mode.h>

namespace {

using namespace convolutions;

bool machine_has_it() {
  if (!has_vectors()) return false;
  REQUIRE(
      resnet::strided_suits(channels_last({1, 16, 8, 8}, at::kFloat), at::empty({16, 16, 1, 1})));
  return true;
}

}  // namespace

// Even and odd sides, maps of one pixel, full and cut runs of rows, one and several groups of
// channels, pictures whose gradients are summed one by one and together.
TEST_CASE("A strided convolution errs at most twice as much as LibTorch's own in float32") {
  if (!machine_has_it()) return;
  const Case c = GENERATE(Case{1, 16, 16, 1, 1, 3, 2}, Case{2, 16, 32, 7, 7, 3, 2},
                          Case{3, 48, 16, 5, 4, 3, 2}, Case{70, 16, 32, 4, 6, 3, 2},
                          Case{2, 64, 48, 14, 9, 3, 2}, Case{1, 16, 16, 1, 1, 1, 2},
                          Case{40, 32, 64, 7, 8, 1, 2}, Case{3, 16, 48, 14, 13, 1, 2});
  CAPTURE(c.pictures, c.input, c.output, c.height, c.width, c.side);
  const Example example(c);
  REQUIRE(resnet::strided_suits(example.x, example.weight));
  const Results exact = run(example, example.direct(), at::kDouble);
  const Results usual = run(example, example.direct());
  const Results ours = run(example, resnet::strided_convolution);
  CHECK(error(ours.y, exact.y) <= 2 * error(usual.y, exact.y) + own_rounding);
  CHECK(error(ours.dx, exact.dx) <= 2 * error(usual.dx, exact.dx) + own_rounding);
  CHECK(error(ours.dw, exact.dw) <= 2 * error(usual.dw, exact.dw) + own_rounding);
  CHECK(ours.y.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(ours.dw.strides() == example.weight.strides());
}

TEST_CASE("A strided convolution of pictures that want no gradient may have few channels") {
  if (!machine_has_it()) return;
  const Example example({9, GENERATE(1, 3, 4), 32, 28, 27, 3, 2});
  REQUIRE(resnet::strided_suits(example.x, example.weight));
  const auto weight_gradient = [&](auto convolution, at::ScalarType type) {
    const at::Tensor weight = example.weight.to(type).detach().requires_grad_();
    const at::Tensor y = convolution(example.x.to(type), weight);
    return std::pair(y.detach(), torch::autograd::grad({y}, {weight}, {example.dy.to(type)})[0]);
  };
  const auto exact = weight_gradient(example.direct(), at::kDouble);
  const auto ours = weight_gradient(resnet::strided_convolution, at::kFloat);
  CHECK(error(ours.first, exact.first) < 2 * own_rounding);
  CHECK(error(ours.second, exact.second) < 2 * own_rounding);
  CHECK(ours.first.stride(1) == 1);
  CHECK_FALSE(resnet::strided_suits(example.x.detach().requires_grad_(), example.weight));
}

TEST_CASE("A strided convolution gives the same bits with any number of threads") {
  if (!machine_has_it()) return;
  const Example example(GENERATE(Case{67, 32, 48, 6, 7, 3, 2}, Case{5, 16, 32, 9, 9, 1, 2}));
  const auto with = [&](int threads) {
    const Threads set(threads);
    return run(example, resnet::strided_convolution);
  };
  const Results one = with(1);
  CHECK(same_bits(one, with(2)));
  CHECK(same_bits(one, with(3)));
}

TEST_CASE("A picture's strided convolution does not depend on the others of its batch") {
  if (!machine_has_it()) return;
  const Example example(GENERATE(Case{13, 32, 16, 7, 7, 3, 2}, Case{6, 16, 32, 5, 6, 1, 2}));
  const at::Tensor all = resnet::strided_convolution(example.x, example.weight);
  for (std::int64_t n = 0; n < example.x.size(0); ++n)
    CHECK(resnet::strided_convolution(example.x.slice(0, n, n + 1), example.weight)
              .equal(all.slice(0, n, n + 1)));
}

TEST_CASE(
    "A strided convolution gives the same bits without graph and for any strides of weights") {
  if (!machine_has_it()) return;
  Example example({2, 32, 48, 7, 5, 3, 2});
  const Results with_graph = run(example, resnet::strided_convolution);
  {
    const c10::InferenceMode guard;
    CHECK(resnet::strided_convolution(example.x, example.weight).equal(with_graph.y));
  }
  example.weight = example.weight.contiguous();
  const Results other = run(example, resnet::strided_convolution);
  CHECK(same_bits(with_graph, other));
  CHECK(other.dw.is_contiguous());
}

TEST_CASE("A strided convolution computes just the gradients that are asked for, of any memory") {
  if (!machine_has_it()) return;
  const Example example({2, 16, 32, 5, 4, 3, 2});
  const Results both = run(example, resnet::strided_convolution);
  const at::Tensor x = example.x.detach().requires_grad_();
  const at::Tensor weight = example.weight.detach().requires_grad_();
  resnet::strided_convolution(x, example.weight).backward(example.dy.contiguous());
  resnet::strided_convolution(example.x, weight).backward(example.dy.contiguous());
  CHECK(x.grad().equal(both.dx));
  CHECK(weight.grad().equal(both.dw));
  Example ones = example;
  ones.dy = at::ones_like(example.dy);
  const at::Tensor summed = example.x.detach().requires_grad_();
  resnet::strided_convolution(summed, example.weight).sum().backward();
  CHECK(summed.grad().equal(run(ones, resnet::strided_convolution).dx));
}

TEST_CASE("A strided convolution's weights' gradient over many pixels errs as LibTorch's does") {
  if (!machine_has_it()) return;
  const Example example({70, 3, 16, 64, 64, 3, 2});
  const auto gradient = [&](auto convolution, at::ScalarType type) {
    const at::Tensor weight = example.weight.to(type).detach().requires_grad_();
    const at::Tensor y = convolution(example.x.to(type), weight);
    return torch::autograd::grad({y}, {weight}, {example.dy.to(type)})[0];
  };
  const at::Tensor exact = gradient(example.direct(), at::kDouble);
  CHECK(error(gradient(resnet::strided_convolution, at::kFloat), exact) <=
        2 * error(gradient(example.direct(), at::kFloat), exact) + own_rounding);
}

TEST_CASE("a network's first convolution is the strided one, and with \"direct\" LibTorch's") {
  if (!machine_has_it()) return;
  at::manual_seed(5);
  const at::Tensor x = at::randn({4, 3, 30, 30}).contiguous(at::MemoryFormat::ChannelsLast);
  for (const std::string convolution : {"auto", "direct"}) {
    const auto backbone = network::make(
        "resnet18",
        {{"width", std::int64_t{16}}, {"stem", std::string("small")}, {"convolution", convolution}},
        "conv1");
    const at::Tensor weight = network::by_name(*backbone).at("conv1.weight");
    // Few products may add up to the same bits by chance; the weights' gradient sums many.
    const auto gradient = [&](const at::Tensor& y) {
      return torch::autograd::grad({y.square().sum()}, {weight})[0];
    };
    const at::Tensor ours = gradient(resnet::strided_convolution(x, weight));
    const at::Tensor usual = gradient(at::conv2d(x, weight, {}, {2, 2}, {1, 1}));
    REQUIRE_FALSE(ours.equal(usual));
    CHECK(gradient(backbone->forward(x)).equal(convolution == "auto" ? ours : usual));
  }
}

TEST_CASE("The gradient of a strided convolution's gradient is that of a plain convolution") {
  if (!machine_has_it()) return;
  const Example example({2, 16, 16, 4, 4, GENERATE(1, 3), 2});
  CHECK(error(second_gradient(example, resnet::strided_convolution),
              second_gradient(example, example.direct()).to(at::kDouble)) < 1e-5);
}

TEST_CASE("Strided convolutions leave to LibTorch what they are not made for") {
  using resnet::strided_suits;
  const auto weight = [](std::int64_t output, std::int64_t input, std::int64_t side = 3) {
    return channels_last({output, input, side, side}, at::kFloat);
  };
  const at::Tensor x = channels_last({2, 16, 8, 8}, at::kFloat);
  CHECK_FALSE(strided_suits(x, weight(24, 16)));
  CHECK_FALSE(
      strided_suits(channels_last({2, 24, 8, 8}, at::kFloat).requires_grad_(), weight(16, 24)));
  CHECK_FALSE(strided_suits(x, weight(16, 16, 5)));
  CHECK_FALSE(strided_suits(x, weight(16, 16, 2)));
  CHECK_FALSE(strided_suits(x, weight(16, 8)));
  CHECK_FALSE(strided_suits(channels_last({2, 64, 8, 8}, at::kFloat), weight(128, 64)));
  CHECK_FALSE(strided_suits(channels_last({0, 16, 8, 8}, at::kFloat), weight(16, 16)));
  CHECK_FALSE(strided_suits(at::empty({2, 16, 8, 8}), weight(16, 16)));
  CHECK_FALSE(strided_suits(x.to(at::kDouble), weight(16, 16).to(at::kDouble)));
  at::autocast::set_autocast_enabled(at::kCPU, true);
  CHECK_FALSE(strided_suits(x, weight(16, 16)));
  at::autocast::set_autocast_enabled(at::kCPU, false);
}

TEST_CASE("Maps of a network over pictures of one channel are channels-last from the first on") {
  const auto convolution = GENERATE("auto", "direct");
  const auto stem = GENERATE("small", "cifar", "imagenet");
  const auto backbone = network::make("resnet18",
                                      {{"width", std::int64_t{16}},
                                       {"stem", std::string(stem)},
                                       {"convolution", std::string(convolution)}},
                                      "conv1", 1);
  const at::Tensor y = backbone->forward(at::randn({4, 1, 16, 16}));
  CHECK(y.stride(1) == 1);
}
