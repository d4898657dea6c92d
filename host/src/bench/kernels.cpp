#include "bench/kernels.hpp"

#include "bench/clock.hpp"
#include "tandem/base/log.hpp"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <string_view>

namespace tandem::bench {
namespace {

using Sizes = std::vector<std::int64_t>;
using Inputs = c10::ArrayRef<const c10::IValue>;
using Kind = Kernel::Kind;

thread_local Kernels* noted = nullptr;
thread_local int depth = 0;  // of operations that are noted: what they call is a part of them

/// Where an operation has its two factors; -1: it is none that is noted.
int first_factor(std::string_view name) {
  if (name == "aten::mm" || name == "aten::bmm") return 0;
  if (name == "aten::addmm" || name == "aten::baddbmm" || name == "aten::addmm_") return 1;
  return -1;
}

/// The second is what the first calls, and what a traced TorchScript model calls itself; their
/// arguments that are read here have the same places.
bool is_convolution(std::string_view name) {
  return name == "aten::convolution" || name == "aten::_convolution";
}

bool is_noted(std::string_view name) {
  return is_convolution(name) || name == "aten::convolution_backward" || first_factor(name) >= 0;
}

void note(const Kernel& kernel) {
  ++(*noted)[kernel];
}

void note_product(Inputs inputs, std::size_t first) {
  Kernel kernel;
  kernel.type = inputs[first].toTensor().scalar_type();
  kernel.input = inputs[first].toTensor().sizes().vec();
  kernel.weight = inputs[first + 1].toTensor().sizes().vec();
  note(kernel);
}

/// One number is meant for every extent.
Sizes expanded(const c10::IValue& list, std::size_t extents) {
  Sizes sizes = list.toIntVector();
  if (sizes.size() == 1) sizes.resize(extents, sizes.front());
  return sizes;
}

/// `first` is where the pictures are, `settings` where the stride is.
Kernel convolution(Inputs inputs, std::size_t first, std::size_t settings) {
  const auto& input = inputs[first].toTensor();
  Kernel kernel;
  kernel.type = input.scalar_type();
  kernel.input = input.sizes().vec();
  kernel.weight = inputs[first + 1].toTensor().sizes().vec();
  const std::size_t extents = kernel.input.size() - 2;
  kernel.stride = expanded(inputs[settings], extents);
  kernel.padding = expanded(inputs[settings + 1], extents);
  kernel.dilation = expanded(inputs[settings + 2], extents);
  kernel.transposed = inputs[settings + 3].toBool();
  kernel.output_padding = expanded(inputs[settings + 4], extents);
  kernel.groups = inputs[settings + 5].toInt();
  return kernel;
}

void note_backward(Inputs inputs) {
  Kernel kernel = convolution(inputs, 1, 4);
  const auto wanted = inputs[10].toBoolList();
  for (const Kind kind : {Kind::to_input, Kind::to_weight}) {
    kernel.kind = kind;
    if (wanted.get(kind == Kind::to_input ? 0 : 1)) note(kernel);
  }
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  const std::string_view name = function.name();
  if (noted == nullptr || !is_noted(name) || depth++ > 0) return nullptr;
  const Inputs inputs = function.inputs();
  if (is_convolution(name)) {
    Kernel kernel = convolution(inputs, 0, 3);
    kernel.kind = Kind::forward;
    note(kernel);
  } else if (name == "aten::convolution_backward") {
    note_backward(inputs);
  } else {
    note_product(inputs, static_cast<std::size_t>(first_factor(name)));
  }
  return nullptr;
}

void end(const at::RecordFunction& function, at::ObserverContext*) {
  if (noted != nullptr && is_noted(function.name())) --depth;
}

/// Watches this thread for its scope's length.
class Watch {
 public:
  explicit Watch(Kernels& to)
      : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end)
                                               .needsInputs(true)
                                               .scopes({at::RecordScope::FUNCTION}))) {
    noted = &to;
    depth = 0;
  }
  ~Watch() {
    noted = nullptr;
    at::removeCallback(handle_);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  at::CallbackHandle handle_;
};

double product_of(const std::int64_t* begin, const std::int64_t* end) {
  return std::accumulate(begin, end, 1.0,
                         [](double a, std::int64_t b) { return a * static_cast<double>(b); });
}
double product_of(const Sizes& sizes, std::size_t from = 0) {
  return product_of(sizes.data() + std::min(from, sizes.size()), sizes.data() + sizes.size());
}

/// The extent of each of a convolution's results but batch and channels.
Sizes result_extent(const Kernel& kernel) {
  Sizes extent;
  for (std::size_t i = 2; i < kernel.input.size(); ++i) {
    const auto reach = kernel.dilation[i - 2] * (kernel.weight[i] - 1);
    const auto stride = kernel.stride[i - 2], padding = kernel.padding[i - 2];
    extent.push_back(kernel.transposed ? (kernel.input[i] - 1) * stride - 2 * padding + reach +
                                             kernel.output_padding[i - 2] + 1
                                       : (kernel.input[i] + 2 * padding - reach - 1) / stride + 1);
  }
  return extent;
}

Sizes result_sizes(const Kernel& kernel) {
  const auto channels = kernel.transposed ? kernel.weight[1] * kernel.groups : kernel.weight[0];
  Sizes sizes = {kernel.input[0], channels};
  const Sizes extent = result_extent(kernel);
  sizes.insert(sizes.end(), extent.begin(), extent.end());
  return sizes;
}

at::Tensor operand(const Sizes& sizes, at::ScalarType type) {
  const auto tensor = at::full(sizes, 0.5, at::dtype(type));
  return sizes.size() == 4 ? tensor.contiguous(at::MemoryFormat::ChannelsLast) : tensor;
}

std::function<void()> prepared(const Kernel& kernel) {
  const auto input = operand(kernel.input, kernel.type);
  const auto weight = operand(kernel.weight, kernel.type);
  if (kernel.kind == Kind::product) return [=] { at::matmul(input, weight); };
  if (kernel.kind == Kind::forward) {
    return [=] {
      at::convolution(input, weight, {}, kernel.stride, kernel.padding, kernel.dilation,
                      kernel.transposed, kernel.output_padding, kernel.groups);
    };
  }
  const auto gradient = operand(result_sizes(kernel), kernel.type);
  const bool to_input = kernel.kind == Kind::to_input;
  return [=] {
    at::convolution_backward(gradient, input, weight, std::nullopt, kernel.stride, kernel.padding,
                             kernel.dilation, kernel.transposed, kernel.output_padding,
                             kernel.groups, {to_input, !to_input, false});
  };
}

std::string times(const Sizes& sizes, std::size_t from = 0) {
  std::string text;
  for (std::size_t i = from; i < sizes.size(); ++i)
    text += (i == from ? "" : "x") + std::to_string(sizes[i]);
  return text;
}

const char* word(Kind kind) {
  return kind == Kind::forward ? "forward" : kind == Kind::to_input ? "to input" : "to weight";
}

/// ", bfloat16"; of float32, which is the rule, nothing.
std::string type_suffix(at::ScalarType type) {
  if (type == at::kFloat) return "";
  if (type == at::kBFloat16) return ", bfloat16";
  return type == at::kDouble ? ", float64" : Log::join(", ", at::toString(type));
}

}  // namespace

double Kernel::flop() const {
  if (kind == Kind::product) return 2 * product_of(input) * static_cast<double>(weight.back());
  const Sizes extent = transposed ? Sizes(input.begin() + 2, input.end()) : result_extent(*this);
  return 2 * static_cast<double>(input[0]) * product_of(extent) * product_of(weight);
}

std::string Kernel::name() const {
  if (kind == Kind::product)
    return "product " + times(input) + " " + times(weight) + type_suffix(type);
  const bool strided = product_of(stride) > 1;
  return Log::join(transposed ? "transposed " : "", "conv ", times(weight, 2), " ", input[1], "-",
                   result_sizes(*this)[1], " of ", times(input, 2),
                   strided ? "/" + std::to_string(stride[0]) : "",
                   groups > 1 ? " in " + std::to_string(groups) + " groups" : "", " ", word(kind),
                   type_suffix(type));
}

Kernels kernels_of(const std::function<void()>& work) {
  Kernels kernels;
  const Watch watch(kernels);
  work();
  return kernels;
}

double flop_of(const Kernels& kernels) {
  double sum = 0;
  for (const auto& [kernel, count] : kernels) sum += count * kernel.flop();
  return sum;
}

double seconds_of(const Kernel& kernel, double seconds) {
  const at::NoGradGuard no_grad;
  const auto work = prepared(kernel);
  work();
  const Stopwatch watch;
  int runs = 0;
  do {
    work();
    ++runs;
  } while (watch.seconds() < seconds);
  return watch.seconds() / runs;
}

}  // namespace tandem::bench
