#include "train/batch_norm.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/batch_norm_native.h>
#include <ATen/ops/batch_norm_update_stats.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/instance_norm_native.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <c10/util/ScopeExit.h>
#include <array>
#include <optional>
#include <sstream>

namespace tandem::train {
namespace {

using torch::autograd::AutogradContext;
using Maybe = std::optional<at::Tensor>;

thread_local Collective* over = nullptr;  // the ranks that this thread's BatchNorm sees

/// Of all ranks' rows, channel by channel.
struct Moments {
  at::Tensor mean;
  at::Tensor variance;  ///< biased
  double rows = 0;
};

std::int64_t rows_of(const at::Tensor& input) {
  return input.numel() / input.size(1);
}

/// Of statistics: at least float32.
at::ScalarType wide_type(const at::Tensor& tensor) {
  const bool narrow = tensor.scalar_type() == at::kBFloat16 || tensor.scalar_type() == at::kHalf;
  return narrow ? at::kFloat : tensor.scalar_type();
}

/// Chan, Golub and LeVeque (1979): means and sums of squares about them, merged.
Moments moments_of(const at::Tensor& input, Collective& collective) {
  const auto [mean, variance] = at::batch_norm_update_stats(input.to(wide_type(input)), {}, {}, 0);
  const auto count = at::full({1}, static_cast<double>(rows_of(input)), at::kDouble);
  const at::Tensor own = at::cat({count, mean.to(at::kDouble), variance.to(at::kDouble)});
  const at::Tensor all = collective.all_gather(own.unsqueeze(0));
  const std::int64_t channels = input.size(1);
  const at::Tensor rows = all.narrow(1, 0, 1);
  const at::Tensor means = all.narrow(1, 1, channels);
  const at::Tensor variances = all.narrow(1, 1 + channels, channels);
  const double total = rows.sum().item<double>();
  const at::Tensor whole = (rows * means).sum(0) / total;
  const at::Tensor spread = (rows * (variances + (means - whole).square())).sum(0) / total;
  return {whole, spread, total};
}

void move_running(const Maybe& running, const at::Tensor& value, double momentum) {
  if (!running || !running->defined()) return;
  running->mul_(1 - momentum).add_(value.to(running->scalar_type()), momentum);
}

at::Tensor or_none(const Maybe& tensor) {
  return tensor ? *tensor : at::Tensor();
}

/// dx of the whole batch from what one rank's rows have with fixed moments: the parts of the mean
/// and of the variance go off. x̂ = (x − mean)·inverse, so that their sum is linear in x.
struct Normalise : torch::autograd::Function<Normalise> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const Maybe& weight,
                            const Maybe& bias, const at::Tensor& mean, const at::Tensor& variance,
                            double rows, double eps, std::int64_t collective) {
    context->save_for_backward({input, or_none(weight), mean, variance});
    context->saved_data["bias"] = bias && bias->defined();
    context->saved_data["rows"] = rows;
    context->saved_data["eps"] = eps;
    context->saved_data["collective"] = collective;
    return std::get<0>(at::native_batch_norm(input, weight, bias, mean, variance, false, 0, eps));
  }

  static torch::autograd::variable_list backward(AutogradContext* context,
                                                 torch::autograd::variable_list upstream) {
    if (at::GradMode::is_enabled())  // the moments would count as constants
      throw Error(ErrorKind::usage,
                  "BatchNorm over ranks has no second derivative: what differentiates a gradient "
                  "again (create_graph) trains on one rank, or on layers without BatchNorm");
    const auto saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &mean = saved[2], &variance = saved[3];
    const double eps = context->saved_data["eps"].toDouble();
    auto [dx, dweight, dbias] = at::native_batch_norm_backward(
        upstream[0].contiguous(input.suggest_memory_format()), input, weight, mean, variance, {},
        {}, false, eps, {true, true, true});
    auto* collective = reinterpret_cast<Collective*>(context->saved_data["collective"].toInt());
    const at::Tensor sums = at::cat({dweight, dbias}).to(at::kDouble).unsqueeze(0);
    const at::Tensor means =
        collective->all_reduce_sum(sums).squeeze(0) / context->saved_data["rows"].toDouble();
    const std::int64_t channels = input.size(1);
    const at::Tensor inverse = (variance.to(at::kDouble) + eps).rsqrt();
    at::Tensor scale = inverse;
    if (weight.defined()) scale = scale * weight.to(at::kDouble);
    const at::Tensor slope = scale * inverse * means.narrow(0, 0, channels);
    const at::Tensor offset = scale * means.narrow(0, channels, channels) - slope * mean;
    std::vector<std::int64_t> shape(static_cast<std::size_t>(input.dim()), 1);
    shape[1] = channels;
    const auto as_channels = [&](const at::Tensor& tensor) {
      return tensor.to(wide_type(input)).view(shape);
    };
    // Not narrowed in between: what is off is off for a whole channel, and would add up.
    at::Tensor wide = dx.to(wide_type(input));
    wide.sub_(as_channels(offset)).addcmul_(input.to(wide_type(input)), as_channels(slope), -1);
    dx = wide.to(input.scalar_type());
    if (!weight.defined()) dweight.reset();
    if (!context->saved_data["bias"].toBool()) dbias.reset();
    return {dx, dweight, dbias, {}, {}, {}, {}, {}};
  }
};

at::Tensor over_ranks(const at::Tensor& input, const Maybe& weight, const Maybe& bias,
                      const Maybe& running_mean, const Maybe& running_var, double momentum,
                      double eps) {
  Moments moments;
  {
    const at::NoGradGuard no_grad;
    moments = moments_of(input.detach(), *over);
    move_running(running_mean, moments.mean, momentum);
    move_running(running_var, moments.variance * (moments.rows / (moments.rows - 1)), momentum);
  }
  const auto type = weight && weight->defined() ? weight->scalar_type() : wide_type(input);
  return Normalise::apply(input, weight, bias, moments.mean.to(type), moments.variance.to(type),
                          moments.rows, eps, reinterpret_cast<std::int64_t>(over));
}

at::Tensor batch_norm(const at::Tensor& input, const Maybe& weight, const Maybe& bias,
                      const Maybe& running_mean, const Maybe& running_var, bool training,
                      double momentum, double eps, bool cudnn) {
  const auto normalise = [&](const at::Tensor& batch) {
    if (training && over != nullptr)
      return over_ranks(batch, weight, bias, running_mean, running_var, momentum, eps);
    return at::native::batch_norm(batch, weight, bias, running_mean, running_var, training,
                                  momentum, eps, cudnn);
  };
  const std::int64_t parts = training ? BatchNormParts::of(input.size(0)) : 1;
  if (parts == 1) return normalise(input);
  std::vector<at::Tensor> normalised;
  for (const at::Tensor& batch : input.chunk(parts)) normalised.push_back(normalise(batch));
  return at::cat(normalised);
}

/// Which arrives at `batch_norm` with its samples as channels.
at::Tensor instance_norm(const at::Tensor& input, const Maybe& weight, const Maybe& bias,
                         const Maybe& running_mean, const Maybe& running_var, bool use_input_stats,
                         double momentum, double eps, bool cudnn) {
  Collective* const outer = std::exchange(over, nullptr);
  const auto restore = c10::make_scope_exit([outer] { over = outer; });
  const BatchNormParts whole(1);
  return at::native::instance_norm(input, weight, bias, running_mean, running_var, use_input_stats,
                                   momentum, eps, cudnn);
}

/// The line of the dispatcher's own description that says where a kernel comes from.
std::string registered_by(const c10::OperatorHandle& op) {
  std::istringstream lines(op.dumpState());
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("AutogradCPU")) return line.substr(line.find(':') + 1);
  return " unknown";
}

void require_own(const char* name) {
  const auto op = c10::Dispatcher::singleton().findSchemaOrThrow(name, "");
  if (!op.hasKernelForDispatchKey(c10::DispatchKey::AutogradCPU)) return;
  throw Error(ErrorKind::usage,
              Log::join("BatchNorm over ranks replaces the kernel of ", name, " (", __FILE__,
                        "), but another part of this process has replaced it already:",
                        registered_by(op), "; only one can"));
}

void install() {
  // volatile: nobody reads where it is, and without the store it counts as leaked.
  static torch::Library* const volatile library = [] {
    require_own("aten::batch_norm");
    require_own("aten::instance_norm");
    torch::Library made(torch::Library::IMPL, "aten", c10::DispatchKey::AutogradCPU, __FILE__,
                        __LINE__);
    made.impl("batch_norm", TORCH_FN(batch_norm));
    made.impl("instance_norm", TORCH_FN(instance_norm));
    return new torch::Library(std::move(made));  // for good: kernels are looked up until the end
  }();
  static_cast<void>(library);
}

}  // namespace

BatchNormOfViews::BatchNormOfViews(std::size_t views) : parts_(static_cast<std::int64_t>(views)) {
  if (views > 1) install();
}

BatchNormOverRanks::BatchNormOverRanks(Collective& collective) : outer_(over) {
  if (collective.size() == 1) return;
  install();
  plain_.emplace();
  over = &collective;
}

BatchNormOverRanks::~BatchNormOverRanks() {
  over = outer_;
}

}  // namespace tandem::train
