#include "conformance/objective_checks.hpp"
#include "conformance/trial.hpp"

#include <torch/types.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace tandem::conformance::objective {
namespace {

void expect_rows(const at::Tensor& tensor, const char* what, const TrialOptions& options) {
  expect(tensor.dim() == 2 && tensor.size(0) == options.batch, what, " has the shape ",
         tensor.sizes(), "; (", options.batch, ", width) is expected");
  expect(tensor.device() == at::kCPU, what, " is on ", tensor.device(), ", its input on cpu");
  expect(tensor.scalar_type() == options.type, what, " is ", tensor.scalar_type(), ", its input ",
         options.type);
}

void expect_embedding(const Embedding& view, const TrialOptions& options) {
  expect(view.online.defined() || view.target.defined(),
         "an embedding has neither an online nor a target part");
  if (view.online.defined()) expect_rows(view.online, "Embedding::online", options);
  if (view.target.defined()) expect_rows(view.target, "Embedding::target", options);
  for (const auto& more : view.extra) {
    expect(more.defined() && more.dim() > 0 && more.size(0) == options.batch,
           "a tensor of Embedding::extra does not have the batch as its first dimension");
  }
}

bool is_metric_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-' || c == '/';
  });
}

void expect_no_gradient(const at::Tensor& tensor, const char* what) {
  expect(!tensor.defined() || !tensor.requires_grad(), what,
         " requires a gradient; detach it, or make it under NoGradGuard");
}

void expect_joined(const std::vector<at::Tensor>& chunks, const at::Tensor& whole,
                   const char* what) {
  expect(whole.defined() == !chunks.empty(), what, " come and go with chunks");
  expect(chunks.empty() || distance(at::cat(chunks), whole) <= rounding(at::kDouble), what,
         " of chunks of a batch differ from those of the whole: a sample's latents may not depend "
         "on the others in eval mode");
}

}  // namespace

void loss_is_a_scalar(const Subject& subject) {
  in_both_types([&](at::ScalarType type) {
    Trial trial(subject, {.type = type});
    const at::Tensor total = trial.loss(trial.forward(trial.views())).total;
    expect(total.is_floating_point(), "Loss::total is ", total.scalar_type());
    expect(total.device() == at::kCPU, "Loss::total is on ", total.device(), ", its input on cpu");
    expect(type != at::kDouble || total.scalar_type() == at::kDouble, "Loss::total is ",
           total.scalar_type(), ", its input Double");
    expect(all_finite(total), "the loss of ordinary latents is ", total.item<double>());
    trial.backward(total);
    trial.step(0);
    trial.step(1);
  });
}

void embedding_has_a_row_a_sample(const Subject& subject) {
  in_both_types([&](at::ScalarType type) {
    Trial trial(subject, {.type = type});
    bool learns = false;
    const auto views = trial.views();
    for (std::size_t i = 0; i < views.size(); ++i) {
      const Latents latents = trial.encode(views[i], i);
      if (latents.online.defined()) expect_rows(latents.online, "Latents::online", trial.options());
      if (latents.target.defined()) expect_rows(latents.target, "Latents::target", trial.options());
      const Embedding view = trial.embed(latents, i);
      expect_embedding(view, trial.options());
      learns |= view.online.defined() && view.online.requires_grad();
    }
    expect(learns, "no view's Embedding::online carries a gradient");
  });
}

void metrics_are_named_numbers(const Subject& subject) {
  Trial trial(subject, {.type = at::kFloat});
  std::set<std::string> names;
  for (const auto& [name, value] : trial.loss(trial.forward(trial.views())).metrics) {
    expect(is_metric_name(name), "metric name '", name,
           "' is not made of letters, digits, _, -, . and / alone");
    expect(names.insert(name).second, "there are two metrics '", name, "'");
    expect(value.defined() && value.dim() == 0, "metric '", name, "' is no tensor of no dimension");
    expect(all_finite(value), "metric '", name, "' of ordinary latents is not finite");
  }
}

void gradient_reaches_the_encoder(const Subject& subject) {
  in_both_types([&](at::ScalarType type) {
    Trial trial(subject, {.type = type});
    trial.backward(trial.loss(trial.forward(trial.views())).total);
    bool reached = false;
    for (auto* object :
         {static_cast<Stateful*>(&trial.encoder()), static_cast<Stateful*>(&trial.objective())}) {
      for (const auto& [name, tensor] : state_of(*object).parameters) {
        const at::Tensor gradient = tensor.grad();
        if (!gradient.defined()) continue;
        expect(all_finite(gradient), "the gradient of '", name, "' is not finite");
        reached |= object == &trial.encoder() && gradient.abs().max().item<double>() > 0;
      }
    }
    expect(reached, "no gradient reaches the encoder");
  });
}

void no_gradient_into_target(const Subject& subject) {
  Trial trial(subject);
  const auto views = trial.views();
  std::vector<Embedding> embeddings;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const Latents latents = trial.encode(views[i], i);
    expect_no_gradient(latents.target, "Latents::target");
    embeddings.push_back(trial.embed(latents, i));
    expect_no_gradient(embeddings.back().target, "Embedding::target");
  }
  trial.backward(trial.loss(embeddings).total);
  for (const auto& [name, tensor] : state_of(trial.objective()).buffers) {
    expect(!tensor.requires_grad(), "buffer '", name, "' requires a gradient");
    expect(!tensor.grad().defined(), "buffer '", name, "' was given a gradient");
  }
}

void encode_takes_chunks(const Subject& subject) {
  constexpr std::int64_t chunk = 3;
  Trial trial(subject);
  trial.train(false);
  const auto views = trial.views();
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const Latents whole = trial.encode(views[i], i);
    std::vector<at::Tensor> online, target;
    for (const auto& part : views[i].split(chunk)) {
      const Latents latents = trial.encode(part, i);
      if (latents.online.defined()) online.push_back(latents.online);
      if (latents.target.defined()) target.push_back(latents.target);
    }
    expect_joined(online, whole.online, "online latents");
    expect_joined(target, whole.target, "target latents");
  }
}

void works_without_a_graph(const Subject& subject) {
  Trial trial(subject);
  trial.seed("pass");
  const at::Tensor with = trial.loss(trial.forward(trial.views())).total;
  const at::NoGradGuard no_grad;
  trial.seed("pass");
  const at::Tensor without = trial.loss(trial.forward(trial.views())).total;
  expect(distance(without, with) <= rounding(at::kDouble), "the loss is ", with.item<double>(),
         " with a graph and ", without.item<double>(), " without");
}

void training_stays_finite(const Subject& subject) {
  constexpr std::uint64_t steps = 50;
  Trial trial(subject, {.type = at::kFloat, .total_steps = steps});
  for (std::uint64_t i = 0; i < steps; ++i) {
    const at::Tensor loss = trial.step(i);
    expect(all_finite(loss), "the loss of step ", i + 1, " is ", loss.item<double>());
  }
  for (const auto& [name, tensor] : trial.state())
    expect(all_finite(tensor), "'", name, "' is not finite after ", steps, " steps");
}

}  // namespace tandem::conformance::objective
