#pragma once

#include "formats/safetensors.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/params.hpp"
#include "tandem/sdk/objective.hpp"

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tandem::test {

/// Golden vectors of tests/golden.
class Golden {
 public:
  explicit Golden(const std::string& file);
  bool has(const std::string& name) const { return file_.find(name) != nullptr; }
  at::Tensor tensor(const std::string& name) const;
  double number(const std::string& name) const;
  /// `prefix0`, `prefix1`, … as far as they go.
  std::vector<at::Tensor> numbered(const std::string& prefix) const;
  /// Names that start with `prefix`, without it.
  std::vector<std::string> names(const std::string& prefix) const;

 private:
  formats::SafetensorsFile file_;
};

using Settings = std::vector<std::pair<std::string, ParamValue>>;

/// An objective of the real plugin, with defaults for what `settings` leaves out.
std::unique_ptr<Objective> make(const std::string& id, const Settings& settings,
                                const ObjectiveContext& context);

/// A context of `views` views over a toy encoder of 6 inputs and 5 latents.
ObjectiveContext toy(int views = 2, std::int64_t batch = 8);

/// ‖a − b‖/‖b‖ in float64.
double distance(const at::Tensor& a, const at::Tensor& b);

/// A loss with its gradients.
struct Result {
  at::Tensor total;
  std::vector<at::Tensor> grads;
  std::vector<Metric> metrics;
  double metric(const std::string& name) const;
};

/// Loss of views with `online` (a leaf each) and, where given, `target`, and the gradients of
/// `online`.
Result differentiate(Objective& objective, const std::vector<at::Tensor>& online,
                     const std::vector<at::Tensor>& target, const StepContext& step = {});

/// The message of the Error of `kind` that `action` throws; what happened instead, where it throws
/// none.
template <class Action>
std::string error_of(ErrorKind kind, const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind() == kind ? error.what() : "wrong kind: " + std::string(error.what());
  }
  return "no error";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace tandem::test
