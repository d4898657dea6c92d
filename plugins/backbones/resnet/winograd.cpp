// Compiled with OpenMP where the compiler's runtime is LibTorch's: at::parallel_for is a loop
// without it.
#include "winograd.hpp"

#include "maps.hpp"
#include "winograd_plan.hpp"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

namespace resnet {
namespace {

using namespace winograd;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const Kernels* kernels() {
#ifdef TANDEM_KERNELS_X86
  if (__builtin_cpu_supports("x86-64-v3")) return &kernels_v3;
#endif
  return nullptr;
}

struct Job {
  explicit Job(const Shape& shape)
      : form4(form4_is_cheaper(shape)), plan(make_plan(shape, form4)) {}

  const Loops& loops() const { return form4 ? kernels()->form4 : kernels()->form2; }

  bool form4;
  Plan plan;
};

Shape shape_of(const at::Tensor& x, Size output) {
  return {x.size(0), x.size(2), x.size(3), x.size(1), output};
}

Taps taps_of(const at::Tensor& weight) {
  return {weight.stride(0), weight.stride(1), weight.stride(3)};
}

/// The gradient with respect to the input is the same with inputs for outputs and taps reversed.
Taps transposed(const Taps& taps) {
  return {taps.input_stride, taps.output_stride, taps.tap_stride, true};
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const Taps& taps, Size output) {
  const Job job(shape_of(x, output));
  const Loops& loops = job.loops();
  const Plan& plan = job.plan;
  at::Tensor y = at::empty({x.size(0), output, x.size(2), x.size(3)},
                           x.options().memory_format(at::MemoryFormat::ChannelsLast));
  const c10::DataPtr packed = scratch_of(plan.products * plan.packed_apart);
  const float* from = x.const_data_ptr<float>();
  const float* w = weight.const_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  at::parallel_for(0, output / channel_group, 1, [&](Size first, Size last) {
    loops.pack(plan, w, taps, first, last, floats_of(packed));
  });
  at::parallel_for(0, plan.convolve_items, 1, [&](Size first, Size last) {
    const c10::DataPtr scratch = scratch_of(plan.convolve_scratch);
    loops.convolve(plan, from, floats_of(packed), first, last, floats_of(scratch), to);
  });
  return y;
}

at::Tensor weight_gradient(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& weight) {
  const Job job(shape_of(x, dy.size(1)));
  const Loops& loops = job.loops();
  const Plan& plan = job.plan;
  at::Tensor dw = at::empty_like(weight);
  const c10::DataPtr sums = scratch_of(plan.sums);
  const float* a = x.const_data_ptr<float>();
  const float* b = dy.const_data_ptr<float>();
  float* to = dw.mutable_data_ptr<float>();
  at::parallel_for(0, plan.correlate_items, 1, [&](Size first, Size last) {
    const c10::DataPtr scratch = scratch_of(plan.correlate_scratch);
    loops.correlate(plan, a, b, first, last, floats_of(scratch), floats_of(sums));
  });
  at::parallel_for(0, dy.size(1) / channel_group, 1, [&](Size first, Size last) {
    loops.collect(plan, floats_of(sums), taps_of(dw), first, last, to);
  });
  return dw;
}

struct Convolution : torch::autograd::Function<Convolution> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& weight) {
    context->save_for_backward({x, weight});
    return convolve(x, weight, taps_of(weight), weight.size(0));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& weight = saved[1];
    const bool want_x = context->needs_input_grad(0), want_weight = context->needs_input_grad(1);
    if (at::GradMode::is_enabled())
      return differentiable_gradients(gradients[0], x, weight, 1, want_x, want_weight);
    const at::Tensor dy = channels_last(gradients[0]);
    return {
        want_x ? convolve(dy, weight, transposed(taps_of(weight)), weight.size(1)) : at::Tensor(),
        want_weight ? weight_gradient(x, dy, weight) : at::Tensor()};
  }
};

}  // namespace

bool winograd_suits(const at::Tensor& x, const at::Tensor& weight) {
  if (kernels() == nullptr || at::autocast::is_autocast_enabled(at::kCPU)) return false;
  if (!plain_float(x) || !plain_float(weight)) return false;
  if (!x.is_contiguous(at::MemoryFormat::ChannelsLast)) return false;
  if (weight.size(2) != 3 || weight.size(3) != 3 || weight.size(1) != x.size(1)) return false;
  if (weight.stride(2) != 3 * weight.stride(3)) return false;
  if (weight.size(0) % channel_group != 0 || weight.size(1) % channel_group != 0) return false;
  return saves_products(shape_of(x, weight.size(0)));
}

at::Tensor winograd_convolution(const at::Tensor& x, const at::Tensor& weight) {
  return Convolution::apply(x, weight);
}

}  // namespace resnet
