#include "conformance/objective_checks.hpp"
#include "conformance/trial.hpp"

#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>

namespace tandem::conformance::objective {
namespace {

/// Runs what a plugin may refuse with an exception that has a text.
template <class Body>
void or_refuse(const Body& body) {
  try {
    body();
  } catch (const Thrown&) {
  }
}

/// A loss from latents on, and its gradient; both must be finite.
void expect_finite(Trial& trial, std::vector<Latents> latents, const std::string& of,
                   std::int64_t step = 0) {
  std::vector<at::Tensor> online;
  for (auto& item : latents) {
    if (!item.online.defined()) continue;
    item.online = item.online.detach().requires_grad_();
    online.push_back(item.online);
  }
  const at::Tensor total = trial.loss(trial.embed_all(latents), step).total;
  expect(all_finite(total), "the loss of ", of, " is ", total.item<double>());
  const auto gradients = plugin_call("backward", [&] {
    return torch::autograd::grad({total}, online, {}, false, false, /*allow_unused=*/true);
  });
  for (const auto& gradient : gradients) {
    expect(!gradient.defined() || all_finite(gradient), "the gradient of the loss of ", of,
           " is not finite");
  }
}

std::vector<Latents> changed(std::vector<Latents> latents,
                             const std::function<at::Tensor(const at::Tensor&)>& change) {
  for (auto& item : latents) {
    if (item.online.defined()) item.online = change(item.online);
    if (item.target.defined()) item.target = change(item.target);
  }
  return latents;
}

/// The same values in every second column of a wider, transposed tensor.
at::Tensor strided(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.dim() != 2) return tensor;
  at::Tensor wide = at::full({2 * tensor.size(1), tensor.size(0)},
                             std::numeric_limits<double>::quiet_NaN(), tensor.options());
  at::Tensor view = wide.slice(0, 0, c10::nullopt, 2).t();
  view.copy_(tensor.detach());
  return view;
}

Embedding strided(const Embedding& view) {
  return {strided(view.online), strided(view.target), view.extra};
}

/// Another number of views: refused when it is made, or it works.
void try_views(const Subject& subject, int count) {
  std::optional<Trial> trial;
  or_refuse([&] { trial.emplace(subject, TrialOptions{.views = count}); });
  if (!trial) return;
  try {
    expect_finite(*trial, trial->latents(), Log::join(count, count == 1 ? " view" : " views"));
  } catch (const Thrown& error) {
    throw Violation(Log::join("made for ", count, " views, but ", error.what(),
                              "; a number of views is refused when the objective is made"));
  }
}

}  // namespace

void any_batch_size(const Subject& subject) {
  in_both_types([&](at::ScalarType type) {
    for (const std::int64_t batch : {2, 5, 1}) {
      or_refuse([&] {
        Trial trial(subject, {.type = type, .batch = batch});
        expect_finite(trial, trial.latents(), Log::join("a batch of ", batch));
      });
    }
  });
}

void any_memory_layout(const Subject& subject) {
  in_both_types([&](at::ScalarType type) {
    Trial trial(subject, {.type = type});
    const at::NoGradGuard no_grad;
    const auto latents = trial.latents();
    trial.seed("layout");
    const auto plain = trial.embed_all(latents);
    trial.seed("layout");
    const auto from_spread =
        trial.embed_all(changed(latents, [](const at::Tensor& tensor) { return strided(tensor); }));
    std::vector<Embedding> spread;
    for (const auto& view : plain) spread.push_back(strided(view));
    const at::Tensor expected = trial.loss(plain).total;
    for (const auto* views : {&std::as_const(spread), &from_spread}) {
      const at::Tensor got = trial.loss(*views).total;
      expect(distance(got, expected) <= rounding(type),
             "the loss of the same values in a strided "
             "tensor is ",
             got.item<double>(), " instead of ", expected.item<double>());
    }
  });
}

void constant_input(const Subject& subject) {
  in_both_types([&](at::ScalarType type) {
    for (const double value : {0.0, 1.0}) {
      or_refuse([&] {
        Trial trial(subject, {.type = type});
        expect_finite(
            trial,
            changed(trial.latents(),
                    [&](const at::Tensor& tensor) { return at::full_like(tensor, value); }),
            Log::join("latents that are all ", value));
      });
    }
  });
}

void huge_input(const Subject& subject) {
  constexpr double huge = 1e6;
  in_both_types([&](at::ScalarType type) {
    or_refuse([&] {
      Trial trial(subject, {.type = type});
      expect_finite(
          trial, changed(trial.latents(), [](const at::Tensor& tensor) { return tensor * huge; }),
          "latents a million times too large");
    });
  });
}

void nan_is_not_hidden(const Subject& subject) {
  or_refuse([&] {
    Trial trial(subject, {.type = at::kFloat});
    auto latents = trial.latents();
    const auto seen = std::find_if(latents.begin(), latents.end(),
                                   [](const auto& one) { return one.online.defined(); });
    seen->online[0][0] = std::numeric_limits<double>::quiet_NaN();
    const at::Tensor total = trial.loss(trial.embed_all(latents)).total;
    expect(!all_finite(total), "the loss is ", total.item<double>(),
           " although a latent is NaN; it must be NaN too, or be refused");
  });
}

void any_number_of_views(const Subject& subject) {
  for (const int count : {1, 3, 4}) try_views(subject, count);
}

void any_step_of_a_run(const Subject& subject) {
  constexpr std::int64_t total = 20;
  Trial trial(subject, {.total_steps = total});
  for (const std::int64_t step : {std::int64_t{0}, total / 2, total - 1, total}) {
    expect_finite(trial, trial.latents(), Log::join("step ", step, " of ", total), step);
    trial.after_optimizer_step(trial.forward(trial.views()), step);
  }
  or_refuse([&] {
    Trial open(subject, {.total_steps = 0});
    expect_finite(open, open.latents(), "a run whose number of steps is not known (0)");
    open.after_optimizer_step(open.forward(open.views()), 0);
    for (const auto& [name, tensor] : open.state())
      expect(all_finite(tensor), "'", name,
             "' is not finite in a run whose number of steps is not "
             "known (0)");
  });
}

void loss_outlives_the_instance(const Subject& subject) {
  const auto gradients = [&](bool outlive) {
    Trial trial(subject);
    trial.seed("pass");
    const at::Tensor total = trial.loss(trial.forward(trial.views())).total;
    if (outlive) {
      const OverwriteFreed overwrite;
      trial.drop_objective();
      overwrite.rest();
    }
    trial.backward(total);
    std::vector<at::Tensor> all;
    for (const auto& item : state_of(trial.encoder()).parameters) all.push_back(item.tensor.grad());
    return all;
  };
  const auto alive = gradients(false), outlived = gradients(true);
  for (std::size_t i = 0; i < alive.size(); ++i) {
    expect(same_bits(alive[i], outlived[i]),
           "backward gives another gradient once the objective is gone: the graph points into it");
  }
}

}  // namespace tandem::conformance::objective
