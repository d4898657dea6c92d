#include "train/diagnosis.hpp"

#include "tandem/base/log.hpp"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <iterator>
#include <limits>

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
    ++asked_;
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
  /// How many were asked until then: of several ranks, the fault began where it is least.
  std::int64_t asked() const { return asked_; }

 private:
  std::string found_;
  std::int64_t asked_ = 0;
};

/// What the rank tells that found its fault first; the least of those that did so together.
std::string earliest(const Search& search, Collective& collective) {
  if (collective.size() == 1) return search.found();
  constexpr std::int64_t longest = 500;
  const std::int64_t never = std::numeric_limits<std::int64_t>::max();
  const auto own = at::zeros({1, longest + 1}, at::kLong);
  own[0][0] = search.found().empty() ? never : search.asked();
  const auto length = std::min<std::int64_t>(longest, std::ssize(search.found()));
  for (std::int64_t i = 0; i < length; ++i)
    own[0][1 + i] = static_cast<std::uint8_t>(search.found()[static_cast<std::size_t>(i)]);
  const at::Tensor all = collective.all_gather(own);
  const auto rank = all.select(1, 0).argmin().item<std::int64_t>();
  std::string text;
  for (std::int64_t i = 1; i <= longest && all[rank][i].item<std::int64_t>() != 0; ++i)
    text += static_cast<char>(all[rank][i].item<std::int64_t>());
  return text.empty() ? text : Log::join(text, ", on rank ", rank);
}

/// Whose fault a view's pixels may be.
std::string makers_of(std::size_t view, const PluginNames& names) {
  std::string text = " (the data, their normalisation";
  if (view < names.operations.size() && !names.operations[view].empty())
    text += ", or an operation: " + names.operations[view];
  return text + ")";
}

Search search(const StepTensors& step, const PluginNames& names) {
  const auto backbone = in_quotes("backbone", names.backbone);
  const auto objective = in_quotes("objective", names.objective);
  Search search;
  for (std::size_t i = 0; i < step.views.size(); ++i)
    search.ask(step.views[i], Log::join("the pixels of view ", i, makers_of(i, names)));
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
  return search;
}

/// Of a tensor of each parameter, `what` for messages, the last that is not finite: from the loss
/// backwards, since what is broken behind breaks everything before it.
template <class Choose>
std::string last_faulty(const Optimizer& optimizer, const PluginNames& names,
                        const std::string& what, const Choose& choose) {
  const auto& parameters = optimizer.parameters();
  for (auto parameter = parameters.rbegin(); parameter != parameters.rend(); ++parameter) {
    const std::string fault = fault_of(choose(parameter->tensor));
    if (fault.empty()) continue;
    const bool of_backbone = parameter->name.starts_with("backbone.");
    return what + " '" + parameter->name + "'" +
           (of_backbone ? in_quotes("backbone", names.backbone)
                        : in_quotes("objective", names.objective)) +
           ": " + fault;
  }
  return "";
}

}  // namespace

std::string first_not_finite(const StepTensors& step, const PluginNames& names,
                             Collective& collective) {
  const at::NoGradGuard no_grad;
  const std::string found = earliest(search(step, names), collective);
  if (!found.empty()) return found;
  return "the loss itself" + in_quotes("objective", names.objective) +
         ": all that it is made of is finite";
}

std::string first_gradient_not_finite(const Optimizer& optimizer, const PluginNames& names) {
  return last_faulty(optimizer, names, "the gradient of",
                     [](const at::Tensor& parameter) { return parameter.grad(); });
}

std::string first_parameter_not_finite(const Optimizer& optimizer, const PluginNames& names) {
  return last_faulty(optimizer, names, "the weights",
                     [](const at::Tensor& parameter) { return parameter; });
}

}  // namespace tandem::train
