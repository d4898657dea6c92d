#include "train/precision.hpp"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

namespace tandem::train {
namespace {

/// The probe's convolution is LibTorch's own. Backbones that compute it in float32 by Winograd's
/// filtering, as our ResNets do, take 0.4 of its time for it, and a step has casts and all that is
/// no product: 2.1 to 2.3 times gain a step a fifth or nothing (EPYC), 2.8 and more halve it (AMX).
constexpr double least_gain = 2.5;

/// Of which the shortest counts: others work on the machine too.
constexpr int rounds = 5;

template <class Work>
double seconds_of(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void keep_shortest(double& shortest, double seconds) {
  shortest = shortest == 0 ? seconds : std::min(shortest, seconds);
}

/// Operands of one type. A GFLOP: with fewer, what tiles of a matrix unit (AMX) gain is hidden by
/// what surrounds them.
struct Operands {
  explicit Operands(at::ScalarType type)
      : left(at::full({512, 1024}, 0.5, at::dtype(type))),
        right(at::full({1024, 512}, 0.5, at::dtype(type))),
        images(at::full({6, 64, 32, 32}, 0.5, at::dtype(type))
                   .contiguous(at::MemoryFormat::ChannelsLast)),
        kernel(at::full({64, 64, 3, 3}, 0.5, at::dtype(type))
                   .contiguous(at::MemoryFormat::ChannelsLast)) {}

  double product() const {
    return seconds_of([this] { at::mm(left, right); });
  }
  double convolution() const {
    return seconds_of([this] { at::conv2d(images, kernel, {}, 1, 1); });
  }

  at::Tensor left, right, images, kernel;
};

}  // namespace

Bfloat16::Bfloat16(bool on) : on_(on) {
  if (!on_) return;
  enabled_ = at::autocast::is_autocast_enabled(at::kCPU);
  cached_ = at::autocast::is_autocast_cache_enabled();
  type_ = at::autocast::get_autocast_dtype(at::kCPU);
  at::autocast::increment_nesting();
  at::autocast::set_autocast_enabled(at::kCPU, true);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  at::autocast::set_autocast_cache_enabled(false);
}

Bfloat16::~Bfloat16() {
  if (!on_) return;
  at::autocast::set_autocast_cache_enabled(cached_);
  at::autocast::set_autocast_dtype(at::kCPU, type_);
  at::autocast::set_autocast_enabled(at::kCPU, enabled_);
  // A plugin may have switched the cache on for itself.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
}

bool multiplies_bfloat16(std::string_view cpuinfo) {
  std::istringstream lines{std::string(cpuinfo)};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("flags") && !line.starts_with("Features")) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;)
      if (word == "avx512_bf16" || word == "amx_bf16" || word == "bf16") return true;
    return false;
  }
  return false;
}

bool multiplies_bfloat16() {
  std::ifstream file("/proc/cpuinfo");
  std::ostringstream text;
  text << file.rdbuf();
  return multiplies_bfloat16(text.view());
}

double PrecisionProbe::gain() const {
  return (product_float32 + convolution_float32) / (product_bfloat16 + convolution_bfloat16);
}

PrecisionProbe probe_precision() {
  const at::NoGradGuard no_grad;
  const Operands wide(at::kFloat), narrow(at::kBFloat16);
  PrecisionProbe probe;
  for (int round = 0; round <= rounds; ++round) {
    const double product_wide = wide.product(), product_narrow = narrow.product();
    const double convolution_wide = wide.convolution(), convolution_narrow = narrow.convolution();
    if (round == 0) continue;  // kernels are made on first use
    keep_shortest(probe.product_float32, product_wide);
    keep_shortest(probe.product_bfloat16, product_narrow);
    keep_shortest(probe.convolution_float32, convolution_wide);
    keep_shortest(probe.convolution_bfloat16, convolution_narrow);
  }
  return probe;
}

PrecisionChoice choose_precision() {
  if (!multiplies_bfloat16()) return {};
  const auto probe = probe_precision();
  return {probe.gain() >= least_gain, probe};
}

}  // namespace tandem::train
