#pragma once

#include "catch.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <vector>

/// What tests of the network's own convolutions share.
namespace convolutions {

/// Whether the processor has what the loops are compiled for; says so where it has not.
inline bool has_vectors() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("x86-64-v3")) return true;
#endif
  WARN("skipped: no AVX2 and FMA");
  return false;
}

struct Case {
  std::int64_t pictures, input, output, height, width;
  std::int64_t side = 3, stride = 1;
};

/// Results are compared with sums of few products too, which hide nothing of the rounding inside:
/// ten times half a unit in the last place of a float32.
inline const double own_rounding = 10 * std::ldexp(1.0, -24);

/// A convolution's arguments, the gradient of its result, and the three things that it gives.
struct Example {
  explicit Example(const Case& c) : stride(c.stride), padding(c.side / 2) {
    at::manual_seed(7);
    x = at::randn({c.pictures, c.input, c.height, c.width}).relu_();
    weight = at::randn({c.output, c.input, c.side, c.side}) /
             std::sqrt(static_cast<double>(c.side * c.side * c.input));
    dy = at::randn({c.pictures, c.output, (c.height - 1) / stride + 1, (c.width - 1) / stride + 1});
    for (at::Tensor* t : {&x, &weight, &dy}) *t = t->contiguous(at::MemoryFormat::ChannelsLast);
  }

  /// LibTorch's.
  auto direct() const {
    return [stride = stride, padding = padding](const at::Tensor& a, const at::Tensor& b) {
      return at::conv2d(a, b, {}, {stride, stride}, {padding, padding});
    };
  }

  std::int64_t stride, padding;
  at::Tensor x, weight, dy;
};

struct Results {
  at::Tensor y, dx, dw;
};

template <class Convolution>
Results run(const Example& example, Convolution convolution, at::ScalarType type = at::kFloat) {
  const at::Tensor x = example.x.to(type).detach().requires_grad_();
  const at::Tensor weight = example.weight.to(type).detach().requires_grad_();
  const at::Tensor y = convolution(x, weight);
  const auto gradients = torch::autograd::grad({y}, {x, weight}, {example.dy.to(type)});
  return {y.detach(), gradients[0], gradients[1]};
}

inline double error(const at::Tensor& value, const at::Tensor& exact) {
  return ((value.to(at::kDouble) - exact).norm() / exact.norm()).item<double>();
}

inline bool same_bits(const Results& a, const Results& b) {
  return a.y.equal(b.y) && a.dx.equal(b.dx) && a.dw.equal(b.dw);
}

/// The gradient of a gradient, that of x, with respect to the weights.
template <class Convolution>
at::Tensor second_gradient(const Example& example, Convolution convolution) {
  const at::Tensor x = example.x.detach().requires_grad_();
  const at::Tensor weight = example.weight.detach().requires_grad_();
  const at::Tensor dx =
      torch::autograd::grad({convolution(x, weight)}, {x}, {example.dy}, true, true)[0];
  return torch::autograd::grad({dx.square().sum()}, {weight})[0];
}

struct Threads {
  explicit Threads(int n) : before(at::get_num_threads()) { at::set_num_threads(n); }
  ~Threads() { at::set_num_threads(before); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  int before;
};

inline at::Tensor channels_last(std::initializer_list<std::int64_t> sizes, at::ScalarType type) {
  return at::empty(sizes, at::TensorOptions(type).memory_format(at::MemoryFormat::ChannelsLast));
}

}  // namespace convolutions
