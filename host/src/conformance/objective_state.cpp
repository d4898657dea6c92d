#include "conformance/objective_checks.hpp"
#include "conformance/other_process.hpp"
#include "conformance/trial.hpp"

#include <torch/types.h>

#include <algorithm>

namespace tandem::conformance::objective {
namespace {

/// Losses and state of a few steps, bit for bit.
struct History {
  std::vector<at::Tensor> losses;
  Snapshot state;
};

constexpr std::uint64_t few = 3;

History steps_of(Trial& trial, std::uint64_t first = 0) {
  History history;
  for (std::uint64_t i = first; i < first + few; ++i) history.losses.push_back(trial.step(i));
  history.state = trial.state();
  return history;
}

void expect_equal(const History& a, const History& b, const std::string& when) {
  for (std::size_t i = 0; i < a.losses.size(); ++i) {
    expect(same_bits(a.losses[i], b.losses[i]), when, ", the loss of step ", i + 1, " is ",
           b.losses[i].item<double>(), " instead of ", a.losses[i].item<double>());
  }
  const std::string name = first_difference(a.state, b.state);
  expect(name.empty(), when, ", '", name, "' has other values after ", few, " steps");
}

/// The bits of a few steps.
std::string bits_of_steps(const Subject& subject) {
  Trial trial(subject);
  const History history = steps_of(trial);
  std::string bits = bits_of(history.state);
  for (const auto& loss : history.losses) bits += bits_of(loss);
  return bits;
}

at::Tensor seeded_loss(Trial& trial) {
  trial.seed("loss");
  return trial.loss(trial.forward(trial.views())).total.detach();
}

void expect_same_twice(bool same, const char* step) {
  expect(same, step,
         ", called twice with the same input and random state, gave other bits the "
         "second time");
}

bool same_embedding(const Embedding& a, const Embedding& b) {
  return same_bits(a.online, b.online) && same_bits(a.target, b.target) &&
         std::equal(a.extra.begin(), a.extra.end(), b.extra.begin(), b.extra.end(), same_bits);
}

/// Calls encode and embed twice for each view, and loss twice.
void call_twice(Trial& trial) {
  const auto views = trial.views();
  std::vector<Embedding> embeddings;
  for (std::size_t i = 0; i < views.size(); ++i) {
    trial.seed("call");
    const Latents latents = trial.encode(views[i], i);
    trial.seed("call");
    const Latents again = trial.encode(views[i], i);
    expect_same_twice(
        same_bits(latents.online, again.online) && same_bits(latents.target, again.target),
        "encode");
    trial.seed("call");
    embeddings.push_back(trial.embed(latents, i));
    trial.seed("call");
    expect_same_twice(same_embedding(embeddings.back(), trial.embed(latents, i)), "embed");
  }
  trial.seed("call");
  const at::Tensor first = trial.loss(embeddings).total;
  trial.seed("call");
  expect_same_twice(same_bits(first, trial.loss(embeddings).total), "loss");
}

/// Tensors and what they held before.
class Unchanged {
 public:
  void keep(const std::string& name, const at::Tensor& tensor) {
    if (tensor.defined()) kept_.push_back({name, tensor, tensor.detach().clone()});
  }
  void keep(const Latents& latents) {
    keep("the online latents", latents.online);
    keep("the target latents", latents.target);
  }
  void keep(const Embedding& view) {
    keep("the online embedding", view.online);
    keep("the target embedding", view.target);
    for (const auto& more : view.extra) keep("an extra tensor of the embedding", more);
  }
  void expect_after(const char* step) const {
    for (const auto& [name, tensor, before] : kept_)
      expect(same_bits(tensor, before), step, " changed ", name, " in place");
  }

 private:
  struct Kept {
    std::string name;
    at::Tensor tensor, before;
  };
  std::vector<Kept> kept_;
};

void expect_type(Trial& trial, at::ScalarType type, const Snapshot& before) {
  const Snapshot after = snapshot(trial.objective());
  for (std::size_t i = 0; i < after.size(); ++i) {
    const auto& [name, tensor] = after[i];
    expect(i < before.size() && before[i].name == name, "to changed the names of the state");
    const auto wanted =
        before[i].tensor.is_floating_point() ? type : before[i].tensor.scalar_type();
    expect(tensor.scalar_type() == wanted, "after to(cpu, ", type, ") '", name, "' is ",
           tensor.scalar_type(), "; ", wanted, " is expected");
    expect(distance(tensor, before[i].tensor) <= 1e-6, "to changed the values of '", name, "'");
  }
}

}  // namespace

void same_seed_same_loss(const Subject& subject) {
  in_both_types([&](at::ScalarType type) {
    Trial one(subject, {.type = type});
    const History first = steps_of(one);
    Trial another(subject, {.type = type});
    expect_equal(first, steps_of(another), "in a second instance made after the same seeding");
  });
}

void only_the_seed_decides(const Subject& subject) {
  expect(same_in_other_process([&] { return bits_of_steps(subject); }),
         "two processes with equal seeds give other bits: draw random numbers from LibTorch's "
         "default generator alone, not from rand, random_device or a clock");
}

void instances_are_independent(const Subject& subject) {
  Trial alone(subject);
  const History undisturbed = steps_of(alone);
  Trial one(subject), other(subject, {.variant = 1});
  History disturbed;
  for (std::uint64_t i = 0; i < few; ++i) {
    other.step(i + few);
    disturbed.losses.push_back(one.step(i));
    other.step(i + 2 * few);
  }
  disturbed.state = one.state();
  expect_equal(undisturbed, disturbed, "beside another instance at work");
}

void calls_change_nothing(const Subject& subject) {
  in_both_types([&](at::ScalarType type) {
    Trial trial(subject, {.type = type});
    trial.step(0);
    const Snapshot before = trial.state();
    call_twice(trial);
    const std::string name = first_difference(before, trial.state(), Statistics::ignored);
    expect(name.empty(), "encode, embed or loss changed '", name,
           "'; state advances in after_optimizer_step alone");
  });
}

void inputs_are_left_alone(const Subject& subject) {
  Trial trial(subject);
  const auto views = trial.views();
  Unchanged pictures, latents, embeddings;
  std::vector<Embedding> embedded;
  for (std::size_t i = 0; i < views.size(); ++i) {
    pictures.keep("the view", views[i]);
    const Latents encoded = trial.encode(views[i], i);
    pictures.expect_after("encode");
    latents.keep(encoded);
    embedded.push_back(trial.embed(encoded, i));
    latents.expect_after("embed");
    embeddings.keep(embedded.back());
  }
  const at::Tensor total = trial.loss(embedded).total;
  embeddings.expect_after("loss");
  trial.backward(total);
  embeddings.expect_after("backward");
  trial.after_optimizer_step(embedded, 0);
  embeddings.expect_after("after_optimizer_step");
}

void names_are_stable(const Subject& subject) {
  Trial trial(subject), other(subject, {.variant = 1});
  expect_legal_names(trial.objective());
  const std::string names = names_of(trial.objective());
  expect_names(trial.objective(), names, "at the second visit");
  trial.step(0);
  expect_names(trial.objective(), names, "after a step");
  trial.to(at::kFloat);
  trial.train(false);
  expect_names(trial.objective(), names, "after to and train");
  expect_names(other.objective(), names, "in another instance");
}

void restored_state_goes_on(const Subject& subject) {
  Trial original(subject);
  steps_of(original);
  Trial restored(subject, {.variant = 1});
  restored.take_state(original);
  for (std::uint64_t i = few; i < 2 * few; ++i) {
    const at::Tensor expected = original.step(i), got = restored.step(i);
    expect(same_bits(expected, got),
           "in a fresh instance that was given the saved state the loss "
           "of step ",
           i + 1, " is ", got.item<double>(), " instead of ", expected.item<double>(),
           ": something that matters is not visited");
  }
  const std::string name = first_difference(original.state(), restored.state());
  expect(name.empty(), "in a fresh instance that was given the saved state '", name,
         "' has other values after ", few, " steps: something that matters is not visited");
}

void step_changes_visited_state(const Subject& subject) {
  constexpr std::int64_t often = 3;
  Trial trial(subject);
  trial.step(0);
  const Snapshot encoder = snapshot(trial.encoder()), heads = snapshot(trial.objective());
  const at::Tensor before = seeded_loss(trial);
  const auto embeddings = trial.forward(trial.views(1));
  const Snapshot online = snapshot(trial.encoder());
  for (std::int64_t step = 1; step <= often; ++step) trial.after_optimizer_step(embeddings, step);
  expect(first_difference(online, snapshot(trial.encoder())).empty(),
         "after_optimizer_step changed the online encoder, which is the optimizer's");
  restore(trial.encoder(), encoder);
  restore(trial.objective(), heads);
  const at::Tensor after = seeded_loss(trial);
  expect(same_bits(before, after),
         "with all visited state put back after after_optimizer_step, "
         "the loss is ",
         after.item<double>(), " instead of ", before.item<double>(),
         ": it advances something that is not visited");
}

void to_moves_everything(const Subject& subject) {
  Trial trial(subject);
  for (const auto type : {at::kFloat, at::kDouble}) {
    const Snapshot before = snapshot(trial.objective());
    trial.to(type);
    expect_type(trial, type, before);
    for (const auto& view : trial.forward(trial.views())) {
      const at::Tensor& some = view.online.defined() ? view.online : view.target;
      expect(some.scalar_type() == type, "after to(cpu, ", type, ") an embedding is ",
             some.scalar_type());
    }
    trial.step(0);
  }
}

void eval_mode_is_honoured(const Subject& subject) {
  Trial trial(subject);
  const at::Tensor training = seeded_loss(trial);
  trial.train(false);
  const Snapshot before = trial.state();
  trial.seed("one");
  const auto first = trial.forward(trial.views());
  trial.seed("another");
  const auto second = trial.forward(trial.views());
  const std::string name = first_difference(before, trial.state());
  expect(name.empty(), "a pass in eval mode changed '", name, "'");
  expect(std::equal(first.begin(), first.end(), second.begin(), same_embedding),
         "embeddings depend on random numbers in eval mode");
  trial.train(true);
  expect(same_bits(training, seeded_loss(trial)),
         "back in training mode the loss is not what it was before eval mode");
}

void hints_name_parameters(const Subject& subject) {
  Trial trial(subject);
  const auto parameters = state_of(trial.objective()).parameters;
  const auto hints =
      plugin_call("parameter_hints", [&] { return trial.objective().parameter_hints(); });
  for (const auto& hint : hints) {
    const bool found = std::any_of(parameters.begin(), parameters.end(), [&](const auto& item) {
      return item.name.starts_with(hint.prefix);
    });
    expect(found, "parameter_hints speaks of '", hint.prefix,
           "', with which no parameter's name begins");
  }
}

}  // namespace tandem::conformance::objective
