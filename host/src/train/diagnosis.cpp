#include "train/diagnosis.hpp"

#include "tandem/base/log.hpp"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

namespace tandem::train {
namespace {

/// "3 of 512 values are nan"; empty where all are finite.
std::string fault_of(const at::Tensor& tensor) {
  const at::NoGradGuard no_grad;
  if (!tensor.defined() || !tensor.is_floating_point() || at::isfinite(tensor).all().item<bool>())
    return "";
  const auto nans = at::isnan(tensor).sum().item<std::int64_t>();
  const auto infinities = at::isinf(tensor).sum().item<std::int64_t>();
  std::string text;
  if (nans > 0) text = Log::join(nans, " of ", tensor.numel(), " values are nan");
  if (infinities > 0)
    text +=
        Log::join(text.empty() ? "" : ", ", infinities, " of ", tensor.numel(), " are infinite");
  return text;
}

std::string in_quotes(const std::string& role, const std::string& id) {
  return " (" + role + " '" + id + "')";
}

std::string of_views(const Group& group) {
  std::string text = group.size() == 1 ? " of view " : " of views ";
  for (std::size_t i = 0; i < group.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(group[i]);
  return text;
}

/// Asked one after another; keeps the first that is not finite.
class Search {
 public:
  void ask(const at::Tensor& tensor, const std::string& what) {
    if (!found_.empty()) return;
    const std::string fault = fault_of(tensor);
    if (!fault.empty()) found_ = what + ": " + fault;
  }
  void ask(Stateful& object, const std::string& owner) {
    if (!found_.empty()) return;
    const State state = state_of(object);
    for (const auto* list : {&state.parameters, &state.buffers}) {
      for (const auto& [name, tensor] : *list) ask(tensor, "the weights '" + name + "'" + owner);
    }
  }
  const std::string& found() const { return found_; }

 private:
  std::string found_;
};

}  // namespace

std::string first_not_finite(const StepTensors& step, const PluginNames& names) {
  const auto backbone = in_quotes("backbone", names.backbone);
  const auto objective = in_quotes("objective", names.objective);
  Search search;
  for (std::size_t i = 0; i < step.views.size(); ++i)
    search.ask(step.views[i], Log::join("the pixels of view ", i,
                                        " (the data, their normalisation or an operation)"));
  search.ask(step.encoder, backbone);
  for (std::size_t g = 0; g < step.latents.size(); ++g) {
    search.ask(step.latents[g].online, "the latents" + of_views(step.groups[g]) + backbone);
    search.ask(step.latents[g].target,
               "the target's latents" + of_views(step.groups[g]) + objective);
  }
  search.ask(step.objective, objective);
  for (std::size_t i = 0; i < step.embeddings.size(); ++i) {
    const auto of = Log::join(" of view ", i, objective);
    search.ask(step.embeddings[i].online, "the embedding" + of);
    search.ask(step.embeddings[i].target, "the target's embedding" + of);
    for (const at::Tensor& more : step.embeddings[i].extra)
      search.ask(more, "a further embedding" + of);
  }
  if (!search.found().empty()) return search.found();
  return "the loss itself" + objective + ": all that it is made of is finite";
}

std::string first_gradient_not_finite(const Optimizer& optimizer, const PluginNames& names) {
  const auto& parameters = optimizer.parameters();
  // From the loss backwards: what is broken behind breaks everything before it.
  for (auto parameter = parameters.rbegin(); parameter != parameters.rend(); ++parameter) {
    const std::string fault = fault_of(parameter->tensor.grad());
    if (fault.empty()) continue;
    const bool of_backbone = parameter->name.starts_with("backbone.");
    return "the gradient of '" + parameter->name + "'" +
           (of_backbone ? in_quotes("backbone", names.backbone)
                        : in_quotes("objective", names.objective)) +
           ": " + fault;
  }
  return "";
}

}  // namespace tandem::train
