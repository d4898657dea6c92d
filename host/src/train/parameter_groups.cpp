#include "train/parameter_groups.hpp"

#include "tandem/base/error.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

namespace tandem::train {
namespace {

std::string names_of(const std::vector<NamedTensor>& parameters) {
  std::string list;
  for (const NamedTensor& parameter : parameters) {
    list += (list.empty() ? "" : ", ") + parameter.name;
  }
  return list.empty() ? "none" : list;
}

void check_hints(const std::vector<ParameterHint>& hints,
                 const std::vector<NamedTensor>& parameters) {
  for (const ParameterHint& hint : hints) {
    const bool fits = std::any_of(
        parameters.begin(), parameters.end(),
        [&](const NamedTensor& parameter) { return parameter.name.starts_with(hint.prefix); });
    if (!fits) {
      throw Error(ErrorKind::plugin, "the objective's parameter hint '" + hint.prefix +
                                         "' fits none of its parameters: " + names_of(parameters));
    }
  }
}

bool keeps_lr(const std::string& name, const std::vector<ParameterHint>& hints) {
  return std::any_of(hints.begin(), hints.end(), [&](const ParameterHint& hint) {
    return hint.constant_lr && name.starts_with(hint.prefix);
  });
}

class Collector {
 public:
  void add(const std::string& prefix, const NamedTensor& parameter, bool constant_lr) {
    const at::Tensor& tensor = parameter.tensor;
    std::string name = prefix + parameter.name;
    if (!tensor.defined() || !tensor.is_floating_point()) {
      throw Error(ErrorKind::plugin, "parameter '" + name +
                                         "' is no floating-point tensor, so that it cannot be "
                                         "trained: visit it as a buffer");
    }
    if (!tensor.requires_grad()) return;
    if (!seen_.insert(tensor.unsafeGetTensorImpl()).second) return;
    result.push_back({std::move(name), tensor, tensor.dim() <= 1, constant_lr});
  }
  std::vector<TrainedParameter> result;

 private:
  std::unordered_set<const void*> seen_;
};

}  // namespace

std::vector<TrainedParameter> trained_parameters(Encoder& encoder, Objective& objective) {
  Collector collector;
  for (const NamedTensor& parameter : state_of(encoder).parameters) {
    collector.add("backbone.", parameter, false);
  }
  const auto heads = state_of(objective).parameters;
  const auto hints = objective.parameter_hints();
  check_hints(hints, heads);
  for (const NamedTensor& parameter : heads) {
    collector.add("objective.", parameter, keeps_lr(parameter.name, hints));
  }
  return std::move(collector.result);
}

}  // namespace tandem::train
