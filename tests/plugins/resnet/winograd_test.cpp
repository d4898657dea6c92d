#include "winograd.hpp"

#include "catch.hpp"
#include "convolutions.hpp"
#include "network.hpp"

#include <ATen/autocast_mode.h>

namespace {

using namespace convolutions;

bool machine_has_it() {
  if (!has_vectors()) return false;
  REQUIRE(
      resnet::winograd_suits(channels_last({1, 16, 8, 8}, at::kFloat), at::empty({16, 16, 3, 3})));
  return true;
}

}  // namespace

// Both forms, whole and cut tiles, one and several blocks of channels, one and many blocks of
// tiles.
TEST_CASE("A Winograd convolution errs at most four times as much as LibTorch's own in float32") {
  if (!machine_has_it()) return;
  const Case c =
      GENERATE(Case{1, 16, 16, 2, 2}, Case{2, 16, 32, 7, 7}, Case{1, 48, 16, 5, 3},
               Case{3, 32, 32, 8, 8}, Case{2, 16, 16, 6, 6}, Case{5, 16, 16, 33, 31},
               Case{2, 208, 144, 6, 9}, Case{3, 144, 272, 4, 4}, Case{9, 64, 64, 12, 12});
  CAPTURE(c.pictures, c.input, c.output, c.height, c.width);
  const Example example(c);
  REQUIRE(resnet::winograd_suits(example.x, example.weight));
  const Results exact = run(example, example.direct(), at::kDouble);
  const Results usual = run(example, example.direct());
  const Results ours = run(example, resnet::winograd_convolution);
  CHECK(error(ours.y, exact.y) <= 4 * error(usual.y, exact.y) + own_rounding);
  CHECK(error(ours.dx, exact.dx) <= 4 * error(usual.dx, exact.dx) + own_rounding);
  CHECK(error(ours.dw, exact.dw) <= 4 * error(usual.dw, exact.dw) + own_rounding);
  CHECK(ours.y.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(ours.dw.strides() == example.weight.strides());
}

TEST_CASE("A Winograd convolution gives the same bits with any number of threads") {
  if (!machine_has_it()) return;
  const Example example(GENERATE(Case{9, 64, 160, 12, 12}, Case{4, 32, 16, 6, 6}));
  const auto with = [&](int threads) {
    const Threads set(threads);
    return run(example, resnet::winograd_convolution);
  };
  const Results one = with(1);
  CHECK(same_bits(one, with(2)));
  CHECK(same_bits(one, with(3)));
}

TEST_CASE("A picture's Winograd convolution does not depend on the others of its batch") {
  if (!machine_has_it()) return;
  const Example example(GENERATE(Case{13, 32, 16, 7, 7}, Case{11, 208, 32, 6, 6}));
  const at::Tensor all = resnet::winograd_convolution(example.x, example.weight);
  for (std::int64_t n = 0; n < example.x.size(0); ++n)
    CHECK(resnet::winograd_convolution(example.x.slice(0, n, n + 1), example.weight)
              .equal(all.slice(0, n, n + 1)));
}

TEST_CASE(
    "A Winograd convolution gives the same bits without graph and for any strides of weights") {
  if (!machine_has_it()) return;
  Example example({2, 32, 48, 7, 5});
  const Results with_graph = run(example, resnet::winograd_convolution);
  {
    const at::NoGradGuard guard;
    CHECK(resnet::winograd_convolution(example.x, example.weight).equal(with_graph.y));
  }
  {
    const c10::InferenceMode guard;
    CHECK(resnet::winograd_convolution(example.x, example.weight).equal(with_graph.y));
  }
  example.weight = example.weight.contiguous();
  const Results other = run(example, resnet::winograd_convolution);
  CHECK(same_bits(with_graph, other));
  CHECK(other.dw.is_contiguous());
}

TEST_CASE("A Winograd convolution computes just the gradients that are asked for") {
  if (!machine_has_it()) return;
  const Example example({2, 16, 16, 4, 4});
  const Results both = run(example, resnet::winograd_convolution);
  const at::Tensor x = example.x.detach().requires_grad_();
  const at::Tensor weight = example.weight.detach().requires_grad_();
  resnet::winograd_convolution(x, example.weight).backward(example.dy);
  resnet::winograd_convolution(example.x, weight).backward(example.dy);
  CHECK(x.grad().equal(both.dx));
  CHECK(weight.grad().equal(both.dw));
}

TEST_CASE("The gradient of a Winograd convolution's gradient is that of a plain convolution") {
  if (!machine_has_it()) return;
  const Example example({2, 16, 16, 4, 4});
  CHECK(error(second_gradient(example, resnet::winograd_convolution),
              second_gradient(example, example.direct()).to(at::kDouble)) < 1e-5);
}

TEST_CASE("Winograd's filtering leaves to LibTorch what it is not made for") {
  using resnet::winograd_suits;
  const auto weight = [](std::int64_t output, std::int64_t input, std::int64_t side = 3) {
    return channels_last({output, input, side, side}, at::kFloat);
  };
  const at::Tensor x = channels_last({2, 16, 8, 8}, at::kFloat);
  CHECK_FALSE(winograd_suits(x, weight(24, 16)));
  CHECK_FALSE(winograd_suits(channels_last({2, 24, 8, 8}, at::kFloat), weight(16, 24)));
  CHECK_FALSE(winograd_suits(channels_last({2, 3, 8, 8}, at::kFloat), weight(16, 3)));
  CHECK_FALSE(winograd_suits(x, weight(16, 16, 1)));
  CHECK_FALSE(winograd_suits(x, weight(16, 16, 5)));
  CHECK_FALSE(winograd_suits(channels_last({2, 16, 1, 1}, at::kFloat), weight(16, 16)));
  CHECK_FALSE(winograd_suits(channels_last({0, 16, 8, 8}, at::kFloat), weight(16, 16)));
  CHECK_FALSE(winograd_suits(at::empty({2, 16, 8, 8}), weight(16, 16)));
  CHECK_FALSE(winograd_suits(x.to(at::kDouble), weight(16, 16).to(at::kDouble)));
  at::autocast::set_autocast_enabled(at::kCPU, true);
  CHECK_FALSE(winograd_suits(x, weight(16, 16)));
  at::autocast::set_autocast_enabled(at::kCPU, false);
}

TEST_CASE("convolution = \"direct\" keeps a network to LibTorch's convolutions") {
  if (!machine_has_it()) return;
  const auto features = [](const std::string& convolution) {
    at::manual_seed(3);
    const auto backbone = network::make("resnet18", {{"width", std::int64_t{16}},
                                                     {"stem", std::string("cifar")},
                                                     {"convolution", convolution}});
    const at::Tensor x = at::randn({4, 3, 16, 16}).contiguous(at::MemoryFormat::ChannelsLast);
    return backbone->forward(x).detach();
  };
  const at::Tensor plain = features("direct");
  const at::Tensor ours = features("auto");
  CHECK_FALSE(ours.equal(plain));
  CHECK(error(ours, plain.to(at::kDouble)) < 1e-5);
}
