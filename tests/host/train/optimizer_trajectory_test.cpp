// Thirty-two updates against torch.optim and a NumPy LARS: tests/golden/optimizers.py.
#include "catch.hpp"
#include "golden.hpp"
#include "train/optimizer.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace tandem;
using namespace tandem::train;

namespace {

using Made = std::function<std::unique_ptr<Optimizer>(std::vector<TrainedParameter>)>;

template <class Options>
Options common(double lr, double weight_decay) {
  Options options;
  options.lr = lr;
  options.bias_lr = 0.25 * lr;
  options.weight_decay = weight_decay;
  return options;
}

template <class Options>
Made maker(const Options& options) {
  return [options](std::vector<TrainedParameter> parameters) {
    return make_optimizer(std::move(parameters), options);
  };
}

Made sgd(double momentum, double weight_decay, bool nesterov) {
  auto options = common<SgdOptions>(0.1, weight_decay);
  options.momentum = momentum;
  options.nesterov = nesterov;
  return maker(options);
}

Made adam(AdamOptions options, double weight_decay, bool decoupled) {
  options.lr = 0.05;
  options.bias_lr = 0.25 * 0.05;
  options.weight_decay = weight_decay;
  options.decoupled = decoupled;
  return maker(options);
}

LarsOptions lars(double weight_decay, LarsDialect dialect, double lr = 2) {
  auto options = common<LarsOptions>(lr, weight_decay);
  options.eta = 0.02;
  options.dialect = dialect;
  return options;
}

LarsOptions clipped(LarsOptions options) {
  options.clip_lr = true;
  return options;
}

LarsOptions for_all(LarsOptions options) {
  options.decay_bias_norm = true;
  return options;
}

AdamOptions unusual_moments() {
  AdamOptions options;
  options.beta1 = 0.8;
  options.beta2 = 0.95;
  options.eps = 1e-3;
  return options;
}

const std::map<std::string, Made>& cases() {
  static const std::map<std::string, Made> all = {
      {"sgd_plain", sgd(0, 0, false)},
      {"sgd", sgd(0.9, 0.03, false)},
      {"sgd_nesterov", sgd(0.8, 0.03, true)},
      {"adam", adam(unusual_moments(), 0, false)},
      {"adam_decay", adam({}, 0.1, false)},
      {"adamw", adam({}, 0.1, true)},
      {"lars", maker(lars(0.01, LarsDialect::official))},
      {"lars_no_decay", maker(lars(0, LarsDialect::official))},
      {"lars_solo", maker(lars(0.3, LarsDialect::solo))},
      {"lars_solo_no_decay", maker(lars(0, LarsDialect::solo))},
      {"lars_solo_clip", maker(clipped(lars(0.3, LarsDialect::solo, 0.02)))},
      {"lars_solo_all", maker(for_all(clipped(lars(0.3, LarsDialect::solo, 0.02))))},
      {"lars_lightly", maker(lars(0.3, LarsDialect::lightly))},
      {"lars_lightly_all", maker(for_all(lars(0.3, LarsDialect::lightly)))},
  };
  return all;
}

const std::vector<std::string> names = {"weight", "bias", "zero", "rare"};

/// Turns a tensor into one of equal values that has gaps in memory, so that it cannot be walked.
at::Tensor gapped(const at::Tensor& tensor) {
  return at::stack({tensor, tensor}, tensor.dim()).select(tensor.dim(), 0);
}

/// The greatest deviation from the golden trajectory over all steps and parameters.
double deviation(const std::string& name, const Made& make, at::ScalarType type, bool gaps) {
  const auto file =
      formats::SafetensorsFile::open(TANDEM_TEST_DIR "/golden/optimizers.safetensors");
  std::vector<TrainedParameter> parameters;
  for (const auto& parameter : names) {
    at::Tensor value = golden_tensor(file, "start/" + parameter).to(type, false, true);
    if (gaps) value = gapped(value);
    value = value.detach().requires_grad_();
    parameters.push_back({parameter, value, parameter == "bias", parameter == "rare"});
  }
  const auto optimizer = make(parameters);
  const auto factors = golden_tensor(file, "factors");
  double worst = 0;
  for (std::int64_t step = 0; step < factors.size(0); ++step) {
    optimizer->zero_grad();
    for (auto& parameter : parameters) {
      if (golden_tensor(file, "has_grad/" + parameter.name)[step].item<std::int64_t>() == 0)
        continue;
      const auto grad = golden_tensor(file, "grads/" + parameter.name)[step].to(type);
      parameter.tensor.mutable_grad() = grad;
    }
    optimizer->step(factors[step].item<double>());
    for (const auto& parameter : parameters) {
      const auto expected = golden_tensor(file, name + "/" + parameter.name)[step];
      const auto difference = parameter.tensor.detach().to(at::kDouble) - expected;
      worst = std::max(worst, difference.abs().max().item<double>());
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("every optimizer follows its reference in float64", "[optimizer]") {
  for (const auto& [name, make] : cases()) {
    INFO(name);
    CHECK(deviation(name, make, at::kDouble, false) < 1e-12);
  }
}

TEST_CASE("tensors that cannot be walked follow the same reference", "[optimizer]") {
  for (const auto& [name, make] : cases()) {
    INFO(name);
    CHECK(deviation(name, make, at::kDouble, true) < 1e-12);
  }
}

TEST_CASE("float32 follows the reference up to its rounding", "[optimizer]") {
  for (const auto& [name, make] : cases()) {
    INFO(name);
    CHECK(deviation(name, make, at::kFloat, false) < 2e-5);
  }
}
