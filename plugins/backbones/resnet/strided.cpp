// Compiled with OpenMP where the compiler's runtime is LibTorch's: at::parallel_for is a loop
// without it.
#include "strided.hpp"

#include "maps.hpp"
#include "strided_kernels.hpp"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace resnet {
namespace {

using namespace strided;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// From 64 to 128 channels on LibTorch's gradient of the weights is as fast, or faster.
constexpr Size most_weights = 9 * 64 * 64;

/// A convolution of so few channels is a network's first.
constexpr Size picture_channels = 4;

const Loops* loops() {
#ifdef TANDEM_KERNELS_X86
  if (__builtin_cpu_supports("x86-64-v3")) return &loops_v3;
#endif
  return nullptr;
}

Shape make_shape(const at::Tensor& x, const at::Tensor& weight) {
  Shape s{};
  s.pictures = x.size(0);
  s.height = x.size(2);
  s.width = x.size(3);
  s.input = x.size(1);
  s.output = weight.size(0);
  s.side = weight.size(2);
  s.rows = (s.height + 1) / 2;
  s.columns = (s.width + 1) / 2;
  s.taps = s.side * s.side;
  s.weights = s.taps * s.input * s.output;
  s.framed_input = (2 * s.rows + 1) * (2 * s.columns + 1) * s.input;
  s.framed_output = (s.rows + 1) * (s.columns + 1) * s.output;
  s.pictures_together = std::max<Size>(64 / (s.rows * s.columns), 1);
  return s;
}

Taps taps_of(const at::Tensor& weight) {
  return {weight.stride(0), weight.stride(1), weight.stride(3)};
}

at::Tensor maps_of(const at::Tensor& like, Size channels, Size height, Size width) {
  return at::empty({like.size(0), channels, height, width},
                   like.options().memory_format(at::MemoryFormat::ChannelsLast));
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight) {
  const Shape shape = make_shape(x, weight);
  at::Tensor y = maps_of(x, shape.output, shape.rows, shape.columns);
  const c10::DataPtr packed = scratch_of(shape.weights);
  const float* from = x.const_data_ptr<float>();
  const float* w = weight.const_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  loops()->pack(shape, w, taps_of(weight), 0, shape.output / channel_group, floats_of(packed));
  at::parallel_for(0, shape.pictures, 1, [&](Size first, Size last) {
    const c10::DataPtr frame = scratch_of(shape.framed_input);
    loops()->convolve(shape, from, floats_of(packed), first, last, floats_of(frame), to);
  });
  return y;
}

at::Tensor input_gradient(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& weight) {
  const Shape shape = make_shape(x, weight);
  at::Tensor dx = maps_of(x, shape.input, shape.height, shape.width);
  const c10::DataPtr packed = scratch_of(shape.weights);
  const float* from = dy.const_data_ptr<float>();
  const float* w = weight.const_data_ptr<float>();
  float* to = dx.mutable_data_ptr<float>();
  loops()->pack_transposed(shape, w, taps_of(weight), 0, shape.input / channel_group,
                           floats_of(packed));
  at::parallel_for(0, shape.pictures, 1, [&](Size first, Size last) {
    const c10::DataPtr frame = scratch_of(shape.framed_output);
    loops()->transposed(shape, from, floats_of(packed), first, last, floats_of(frame), to);
  });
  return dx;
}

at::Tensor weight_gradient(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& weight) {
  // Enough runs of pictures for many threads; each has sums of its own, in memory.
  constexpr Size most_parts = 32;
  const Shape shape = make_shape(x, weight);
  const Size pictures = (shape.pictures + most_parts - 1) / most_parts;
  const Size parts = (shape.pictures + pictures - 1) / pictures;
  at::Tensor dw = at::empty_like(weight);
  const c10::DataPtr sums = scratch_of(parts * shape.weights);
  const float* a = x.const_data_ptr<float>();
  const float* b = dy.const_data_ptr<float>();
  float* to = dw.mutable_data_ptr<float>();
  at::parallel_for(0, parts, 1, [&](Size first, Size last) {
    const c10::DataPtr frames = scratch_of(shape.pictures_together * shape.framed_input);
    for (Size part = first; part < last; ++part)
      loops()->correlate(shape, a, b, part * pictures,
                         std::min(shape.pictures, (part + 1) * pictures), floats_of(frames),
                         floats_of(sums) + part * shape.weights);
  });
  at::parallel_for(0, shape.output / channel_group, 1, [&](Size first, Size last) {
    loops()->collect(shape, floats_of(sums), parts, taps_of(dw), first, last, to);
  });
  return dw;
}

struct Convolution : torch::autograd::Function<Convolution> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& weight) {
    context->save_for_backward({x, weight});
    return convolve(x, weight);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& weight = saved[1];
    const bool want_x = context->needs_input_grad(0), want_weight = context->needs_input_grad(1);
    if (at::GradMode::is_enabled())
      return differentiable_gradients(gradients[0], x, weight, 2, want_x, want_weight);
    const at::Tensor dy = channels_last(gradients[0]);
    return {want_x ? input_gradient(x, dy, weight) : at::Tensor(),
            want_weight ? weight_gradient(x, dy, weight) : at::Tensor()};
  }
};

}  // namespace

bool strided_suits(const at::Tensor& x, const at::Tensor& weight) {
  if (loops() == nullptr || at::autocast::is_autocast_enabled(at::kCPU)) return false;
  if (!plain_float(x) || !plain_float(weight)) return false;
  if (!x.is_contiguous(at::MemoryFormat::ChannelsLast)) return false;
  const auto side = weight.size(2);
  if ((side != 1 && side != 3) || weight.size(3) != side) return false;
  if (side == 3 && weight.stride(2) != 3 * weight.stride(3)) return false;
  if (weight.size(1) != x.size(1) || weight.numel() > most_weights) return false;
  if (weight.size(0) % channel_group != 0) return false;
  // The gradient of x is made for groups of channels, so that others must not want one; maps inside
  // a network may or may not, and are to be computed alike.
  return weight.size(1) % channel_group == 0 ||
         (weight.size(1) <= picture_channels && !x.requires_grad());
}

at::Tensor strided_convolution(const at::Tensor& x, const at::Tensor& weight) {
  return Convolution::apply(x, weight);
}

}  // namespace resnet
