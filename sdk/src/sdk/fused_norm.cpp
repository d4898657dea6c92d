// Compiled with OpenMP where the compiler's runtime is LibTorch's: at::parallel_for is a loop
// without it.
#include "tandem/sdk/fused_norm.hpp"

#include "fused_norm_kernels.hpp"
#include "norm_rows.hpp"
#include "norm_scopes.hpp"
#include "tandem/base/error.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace tandem {
namespace {

using fused::Affine;
using fused::Block;
using fused::Rows;
using fused::Sums;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Values = std::vector<double>;

/// Calls `work` with a number of the maps' type.
template <class Work>
auto with_type(const at::Tensor& maps, const Work& work) {
  if (maps.scalar_type() == at::kFloat) return work(float{});
  return work(c10::BFloat16{});
}

/// Two sums a channel for each block, as `find(first element, shape, where to)` has them.
class Partial {
 public:
  template <class Find>
  Partial(const Rows& rows, const Find& find)
      : channels_(rows.channels), sums_(static_cast<std::size_t>(2 * rows.blocks() * channels_)) {
    rows.each([&](std::int64_t block, std::int64_t offset, Block shape) {
      find(offset, shape, of(block));
    });
  }
  Sums of(std::int64_t block) {
    double* const first = sums_.data() + 2 * block * channels_;
    return {first, first + channels_};
  }

 private:
  std::int64_t channels_;
  Values sums_;
};

struct Moments {
  Values mean, variance;  ///< biased
};

/// Chan, Golub and LeVeque (1979): means and sums of squares about them, merged.
template <class T>
Moments moments_of(const T* x, const Rows& rows) {
  Partial partial(rows, [&](std::int64_t offset, Block shape, Sums sums) {
    fused::moments(x + offset, shape, sums);
  });
  const auto channels = static_cast<std::size_t>(rows.channels);
  const auto count = static_cast<double>(rows.rows);
  Moments all{Values(channels), Values(channels)};
  for (std::int64_t block = 0; block < rows.blocks(); ++block) {
    const double share = static_cast<double>(rows.rows_of(block)) / count;
    for (std::size_t c = 0; c < channels; ++c) all.mean[c] += share * partial.of(block).first[c];
  }
  for (std::int64_t block = 0; block < rows.blocks(); ++block) {
    const double share = static_cast<double>(rows.rows_of(block)) / count;
    const Sums own = partial.of(block);
    for (std::size_t c = 0; c < channels; ++c) {
      const double apart = own.first[c] - all.mean[c];
      all.variance[c] += own.second[c] / count + share * apart * apart;
    }
  }
  return all;
}

void move_running(const at::Tensor& running, const Values& values, double factor, double momentum) {
  if (!running.defined()) return;
  float* const data = running.data_ptr<float>();
  for (std::size_t c = 0; c < values.size(); ++c) {
    const double moved = momentum * factor * values[c] + (1 - momentum) * double{data[c]};
    data[c] = static_cast<float>(moved);
  }
}

/// What the backward pass needs of the statistics and the weights.
struct Scaling {
  at::Tensor affine;   ///< (3, C): mean, scale and bias, in float
  at::Tensor inverse;  ///< (C), in double: of the standard deviation
};

Affine view_of(const at::Tensor& affine) {
  const float* const data = affine.const_data_ptr<float>();
  return {data, data + affine.size(1), data + 2 * affine.size(1)};
}

Scaling make_scaling(const Moments& moments, const BatchNormState& norm) {
  const auto channels = static_cast<std::int64_t>(moments.mean.size());
  Scaling made{at::empty({3, channels}, at::kFloat), at::empty({channels}, at::kDouble)};
  float* const mean = made.affine.data_ptr<float>();
  float* const scale = mean + channels;
  double* const inverse = made.inverse.data_ptr<double>();
  const float* const weight = norm.weight.const_data_ptr<float>();
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto at = static_cast<std::size_t>(c);
    mean[c] = static_cast<float>(moments.mean[at]);
    inverse[c] = 1 / std::sqrt(moments.variance[at] + norm.eps);
    scale[c] = static_cast<float>(double{weight[c]} * inverse[c]);
  }
  std::copy_n(norm.bias.const_data_ptr<float>(), channels, scale + channels);
  return made;
}

Scaling find_scaling(const at::Tensor& x, const Rows& rows, const BatchNormState& norm) {
  const Moments moments = with_type(
      x, [&](auto number) { return moments_of(x.const_data_ptr<decltype(number)>(), rows); });
  const auto count = static_cast<double>(rows.rows);
  move_running(norm.running_mean, moments.mean, 1, norm.momentum);
  move_running(norm.running_var, moments.variance, count / (count - 1), norm.momentum);
  return make_scaling(moments, norm);
}

template <class T>
void normalise(const Rows& rows, const T* from, const T* residual, const Scaling& scaling, T* to) {
  rows.each([&](std::int64_t, std::int64_t offset, Block shape) {
    fused::normalise(from + offset, residual == nullptr ? nullptr : residual + offset, to + offset,
                     shape, view_of(scaling.affine));
  });
}

/// One a part of the batch.
using Scalings = std::vector<Scaling>;

/// One of equal parts of a batch; nothing of nothing.
at::Tensor part_of(const at::Tensor& batch, std::size_t part, std::size_t parts) {
  if (!batch.defined() || parts == 1) return batch;
  const std::int64_t rows = batch.size(0) / static_cast<std::int64_t>(parts);
  return batch.narrow(0, static_cast<std::int64_t>(part) * rows, rows);
}

/// relu(batch_norm(x) + residual) into y, by statistics that are known.
void normalise(const at::Tensor& x, const at::Tensor& residual, const Scalings& scalings,
               const at::Tensor& y) {
  for (std::size_t p = 0; p < scalings.size(); ++p) {
    const at::Tensor from = part_of(x, p, scalings.size());
    const at::Tensor added = part_of(residual, p, scalings.size());
    const at::Tensor to = part_of(y, p, scalings.size());
    with_type(x, [&](auto number) {
      using T = decltype(number);
      normalise(Rows(from), from.const_data_ptr<T>(),
                added.defined() ? added.const_data_ptr<T>() : nullptr, scalings[p],
                to.data_ptr<T>());
    });
  }
}

/// Of the backward pass.
struct Gradients {
  at::Tensor weight, bias;
  std::vector<float> constant, slope;  ///< see fused::Correction
};

Gradients sum_up(Partial& partial, const Rows& rows, const Scaling& scaling) {
  const std::int64_t channels = rows.channels;
  Gradients found{at::empty({channels}, at::kFloat), at::empty({channels}, at::kFloat),
                  std::vector<float>(static_cast<std::size_t>(channels)),
                  std::vector<float>(static_cast<std::size_t>(channels))};
  const float* const scale = view_of(scaling.affine).scale;
  const double* const inverse = scaling.inverse.const_data_ptr<double>();
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = 0, product = 0;
    for (std::int64_t block = 0; block < rows.blocks(); ++block) {
      sum += partial.of(block).first[c];
      product += partial.of(block).second[c];
    }
    found.bias.data_ptr<float>()[c] = static_cast<float>(sum);
    found.weight.data_ptr<float>()[c] = static_cast<float>(product * inverse[c]);
    const double share = double{scale[c]} / static_cast<double>(rows.rows);
    const auto at = static_cast<std::size_t>(c);
    found.constant[at] = static_cast<float>(share * sum);
    found.slope[at] = static_cast<float>(share * product * inverse[c] * inverse[c]);
  }
  return found;
}

/// What one part's gradient is found from, and where it goes: g is the gradient behind the ReLU,
/// which is dy itself where there is no residual.
struct PartOfBackward {
  at::Tensor x, y, dy, g, dx;

  Gradients run(const Scaling& scaling) const {
    return with_type(x, [&](auto number) { return run_as<decltype(number)>(scaling); });
  }

 private:
  template <class T>
  Gradients run_as(const Scaling& scaling) const {
    const Rows rows(x);
    const Gradients found = sums<T>(rows, scaling);
    const T *const from = x.const_data_ptr<T>(), *const behind = g.const_data_ptr<T>();
    T* const to = dx.data_ptr<T>();
    const auto pass = y.defined() ? fused::input<T> : fused::masked_input<T>;
    rows.each([&](std::int64_t, std::int64_t offset, Block shape) {
      pass(from + offset, behind + offset, to + offset, shape, view_of(scaling.affine),
           {found.constant.data(), found.slope.data()});
    });
    return found;
  }

  template <class T>
  Gradients sums(const Rows& rows, const Scaling& scaling) const {
    const T *const from = x.const_data_ptr<T>(), *const up = dy.const_data_ptr<T>();
    const Affine affine = view_of(scaling.affine);
    Partial partial(rows, [&](std::int64_t offset, Block shape, Sums sums) {
      if (!y.defined()) return fused::masked_sums(from + offset, up + offset, shape, affine, sums);
      fused::masking_sums(from + offset, y.const_data_ptr<T>() + offset, up + offset,
                          g.data_ptr<T>() + offset, shape, affine.mean, sums);
    });
    return sum_up(partial, rows, scaling);
  }
};

/// Without a residual, whether a value passed the ReLU is found again from x, so that the output
/// need not be read; with one, g is the residual's gradient and is written down.
struct NormRelu : torch::autograd::Function<NormRelu> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& /*weight*/, const at::Tensor& /*bias*/,
                            const std::optional<at::Tensor>& residual, const BatchNormState& norm,
                            Scalings* found) {
    const auto parts = static_cast<std::size_t>(BatchNormParts::of(x.size(0)));
    Scalings scalings;
    for (std::size_t p = 0; p < parts; ++p) {
      const at::Tensor part = part_of(x, p, parts);
      scalings.push_back(find_scaling(part, Rows(part), norm));
    }
    at::Tensor y = at::empty_like(x);
    normalise(x, residual.value_or(at::Tensor()), scalings, y);
    variable_list saved = {x, residual ? y : at::Tensor()};
    for (const Scaling& scaling : scalings)
      saved.insert(saved.end(), {scaling.affine, scaling.inverse});
    context->save_for_backward(saved);
    if (found != nullptr) *found = std::move(scalings);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& upstream) {
    if (at::GradMode::is_enabled())
      throw Error(ErrorKind::usage,
                  "batch_norm_relu has no second derivative: hold a tandem::PlainBatchNorm while "
                  "the forward pass runs whose gradient is differentiated again");
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &y = saved[1];
    const at::Tensor dy = upstream[0].contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor g = y.defined() ? at::empty_like(x) : dy, dx = at::empty_like(x);
    const std::size_t parts = saved.size() / 2 - 1;
    at::Tensor weight, bias;
    for (std::size_t p = 0; p < parts; ++p) {
      const auto part = [&](const at::Tensor& batch) { return part_of(batch, p, parts); };
      const auto found = PartOfBackward{part(x), part(y), part(dy), part(g), part(dx)}.run(
          {saved[2 * p + 2], saved[2 * p + 3]});
      weight = p == 0 ? found.weight : weight.add_(found.weight);
      bias = p == 0 ? found.bias : bias.add_(found.bias);
    }
    return {dx, weight, bias, y.defined() ? g : at::Tensor(), {}, {}};
  }
};

/// Maps whose memory is given back until their consumer's gradient needs them.
class Recomputed {
 public:
  Recomputed(const at::Tensor& y, const at::Tensor& x, Scalings scalings)
      : storage_(y.storage()), x_(x), version_(x._version()), scalings_(std::move(scalings)) {
    storage_.set_data_ptr(at::DataPtr(nullptr, at::kCPU));
    storage_.unsafeGetStorageImpl()->release_data_and_set_meta_custom_data_ptr_error_msg_(
        "batch_norm_relu_then: maps are read that are computed again in the backward pass: `use` "
        "keeps them, or begins with another of the same maps");
  }
  /// Once: what a graph that is kept for another pass has found again stays.
  void find_again() {
    if (!x_.defined()) return;
    TORCH_CHECK(x_._version() == version_, "batch_norm_relu_then: x was changed in place");
    const at::NoGradGuard no_grad;
    const at::Tensor again = at::empty_like(x_);
    normalise(x_, {}, scalings_, again);
    storage_.unsafeGetStorageImpl()->clear_data_ptr_access_error_msg_();
    storage_.set_data_ptr(again.storage().set_data_ptr({}));
    x_.reset();
    storage_ = {};
  }

 private:
  at::Storage storage_;
  at::Tensor x_;
  std::int64_t version_;
  Scalings scalings_;
};

bool is_plain(const at::Tensor& tensor, at::ScalarType type) {
  return tensor.defined() && tensor.is_cpu() && tensor.layout() == at::kStrided &&
         tensor.scalar_type() == type;
}

bool is_channels_last(const at::Tensor& maps, at::ScalarType type) {
  return is_plain(maps, type) && maps.dim() == 4 &&
         maps.is_contiguous(at::MemoryFormat::ChannelsLast);
}

bool fits(const at::Tensor& x, const BatchNormState& norm, const at::Tensor& residual) {
  const at::ScalarType type = x.scalar_type();
  if (type != at::kFloat && type != at::kBFloat16) return false;
  if (holds_plain_batch_norm() || !norm.training || !is_channels_last(x, type) || x.numel() == 0)
    return false;
  if (residual.defined() && (!is_channels_last(residual, type) || residual.sizes() != x.sizes()))
    return false;
  const auto is_vector = [&](const at::Tensor& tensor) {
    return is_plain(tensor, at::kFloat) && tensor.is_contiguous() && tensor.dim() == 1 &&
           tensor.size(0) == x.size(1);
  };
  const auto may_lack = [&](const at::Tensor& tensor) {
    return !tensor.defined() || is_vector(tensor);
  };
  return is_vector(norm.weight) && is_vector(norm.bias) && may_lack(norm.running_mean) &&
         may_lack(norm.running_var);
}

void require_values(const at::Tensor& x, const BatchNormState& norm) {
  TORCH_CHECK(
      !norm.training || x.dim() < 2 || x.numel() != x.size(1) * BatchNormParts::of(x.size(0)),
      "batch_norm_relu: training needs more than one value a channel, the input is ", x.sizes());
}

at::Tensor plain(const at::Tensor& x, const BatchNormState& norm, const at::Tensor& residual) {
  at::Tensor y =
      at::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_var, norm.training,
                     norm.momentum, norm.eps, at::globalContext().userEnabledCuDNN());
  if (residual.defined()) y.add_(residual);
  return y.relu_();
}

}  // namespace

at::Tensor batch_norm_relu(const at::Tensor& x, const BatchNormState& norm,
                           const at::Tensor& residual) {
  require_values(x, norm);
  if (!fits(x, norm, residual)) return plain(x, norm, residual);
  const auto added = residual.defined() ? std::optional(residual) : std::nullopt;
  return NormRelu::apply(x, norm.weight, norm.bias, added, norm, static_cast<Scalings*>(nullptr));
}

at::Tensor batch_norm_relu_then(const at::Tensor& x, const BatchNormState& norm,
                                c10::function_ref<at::Tensor(const at::Tensor&)> use) {
  if (!at::GradMode::is_enabled() || x.is_inference() || !fits(x, norm, {}))
    return use(batch_norm_relu(x, norm));
  require_values(x, norm);
  Scalings scalings;
  const at::Tensor y =
      NormRelu::apply(x, norm.weight, norm.bias, std::optional<at::Tensor>(), norm, &scalings);
  const at::Tensor result = use(y);
  // A view's hook is passed by where the view is changed in place later.
  if (!result.requires_grad() || result.is_view() || result.is_alias_of(y)) return result;
  result.register_hook([kept = std::make_shared<Recomputed>(y, x, std::move(scalings))](
                           const at::Tensor&) { kept->find_again(); });
  return result;
}

}  // namespace tandem
