// The SDK is enough for other kinds of objective: the plugin of tests/fixtures/objectives.
#include "catch.hpp"
#include "support.hpp"
#include "tandem/sdk/testing.hpp"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <functional>
#include <mutex>

using namespace tandem;
using namespace tandem::test;

namespace {

const Golden& golden() {
  static const Golden file("other_kinds.safetensors");
  return file;
}

/// Heads as narrow as the golden vectors.
Settings small(const std::string& id) {
  if (id == "moco") return {{"projector", Integers{8, 5}}, {"queue", std::int64_t{9}}};
  return {{"projector", Integers{8, 4}}, {"prototypes", std::int64_t{7}}};
}

Settings with(Settings settings, const std::string& name, const ParamValue& value) {
  settings.emplace_back(name, value);
  return settings;
}

at::Tensor state(Objective& objective, const std::string& name) {
  const State all = state_of(objective);
  for (const auto* list : {&all.parameters, &all.buffers}) {
    for (const auto& item : *list) {
      if (item.name == name) return item.tensor;
    }
  }
  throw std::logic_error("no state " + name);
}

void set(Objective& objective, const std::string& name, const at::Tensor& value) {
  const at::NoGradGuard no_grad;
  state(objective, name).copy_(value);
}

/// Two views of 6 inputs, and for all but MoCo two more that no target sees.
struct Net {
  std::string id;
  ObjectiveContext context;
  std::unique_ptr<Objective> objective;

  Net(std::string name, const Settings& settings, std::int64_t batch = 6)
      : id(std::move(name)), context(toy(count(), batch)), objective(make(id, settings, context)) {
    objective->to(at::kCPU, at::kDouble);
  }

  int count() const { return id == "moco" ? 2 : 4; }

  std::vector<Embedding> embed(const at::Tensor& batch) {
    std::vector<Embedding> views;
    for (int i = 0; i < count(); ++i) {
      const ViewContext view{i, count(), i < 2 ? "global" : "local", i < 2};
      const at::Tensor seen = (batch * (i + 1)).sin();
      views.push_back(objective->embed(objective->encode(seen, view), view));
    }
    return views;
  }

  /// One step of gradient descent; the loss before it.
  double step(const at::Tensor& batch, const StepContext& step) {
    const auto views = embed(batch);
    const Loss loss = objective->loss(views, step);
    loss.total.backward();
    objective->after_backward(step);
    {
      const at::NoGradGuard no_grad;
      for (auto* object : {static_cast<Stateful*>(context.encoder.get()),
                           static_cast<Stateful*>(objective.get())}) {
        for (auto& item : state_of(*object).parameters) {
          if (!item.tensor.grad().defined()) continue;
          item.tensor.sub_(item.tensor.grad() * 0.1);
          item.tensor.mutable_grad().reset();
        }
      }
    }
    objective->after_optimizer_step(views, step);
    return loss.total.item<double>();
  }
};

at::Tensor batch_of(std::int64_t rows, double seed) {
  const auto options = at::TensorOptions().dtype(at::kDouble);
  return at::sin(at::arange(1, rows * 6 + 1, options) * seed + seed).reshape({rows, 6});
}

/// The golden case: an objective with its state, and the embeddings.
struct Case {
  std::unique_ptr<Objective> objective;
  std::vector<at::Tensor> online;
  std::vector<Embedding> views;
};

Case golden_case(const std::string& id) {
  Case made{make(id, small(id), toy(id == "moco" ? 2 : 4)), golden().numbered(id + "/online"), {}};
  made.objective->to(at::kCPU, at::kDouble);
  if (id == "moco") set(*made.objective, "queue.keys", golden().tensor("moco/queue"));
  if (id == "dino") set(*made.objective, "center.value", golden().tensor("dino/center"));
  const auto targets = golden().numbered(id + "/target");
  for (std::size_t i = 0; i < made.online.size(); ++i) {
    made.online[i] = made.online[i].to(at::kDouble).requires_grad_();
    made.views.push_back({made.online[i], {}, {}});
    if (i < targets.size()) made.views[i].target = targets[i].to(at::kDouble).requires_grad_();
  }
  if (id == "moco") {
    made.views.push_back({{}, golden().tensor("moco/key").to(at::kDouble).requires_grad_(), {}});
  }
  return made;
}

}  // namespace

TEST_CASE("MoCo, DINO and SwAV have the values and gradients of their programs") {
  const std::string id = GENERATE("moco", "dino", "swav");
  INFO(id);
  const Case made = golden_case(id);
  const Loss loss = made.objective->loss(made.views, {});
  loss.total.backward();
  CHECK(distance(loss.total, golden().tensor(id + "/value")) <= 1e-12);
  for (std::size_t i = 0; i < made.online.size(); ++i) {
    CHECK(distance(made.online[i].grad(), golden().tensor(id + "/grad" + std::to_string(i))) <=
          1e-12);
  }
  for (const auto& view : made.views) {
    if (view.target.defined()) CHECK_FALSE(view.target.grad().defined());
  }
}

TEST_CASE("a first loss is that of guessing") {
  // Cosines are between −1 and 1, hence the loss is within 2/temperature of the logarithm of what
  // there is to choose from.
  const std::string id = GENERATE("moco", "dino", "swav");
  INFO(id);
  const std::string key = id == "dino" ? "student_temperature" : "temperature";
  Net net(id, with(small(id), key, 100.0));
  const double choices = id == "moco" ? 9 + 1 : 7;
  const double loss =
      net.objective->loss(net.embed(batch_of(6, 1.3)), {0, 10, 5}).total.item<double>();
  CHECK(std::abs(loss - std::log(choices)) <= 0.02);
  CHECK(loss != std::log(choices));
}

TEST_CASE("MoCo's queue holds the keys of the last steps, in a ring") {
  Net net("moco", small("moco"), 4);
  const at::Tensor first = state(*net.objective, "queue.keys").clone();
  std::vector<at::Tensor> expected;
  for (std::int64_t i = 0; i < 9; ++i) expected.push_back(first[i]);
  for (int step = 0; step < 5; ++step) {
    INFO("step " << step);
    const auto views = net.embed(batch_of(4, 1.1 + step));
    const at::Tensor keys = views[1].target;
    net.objective->after_optimizer_step(views, {step, 10, 5});
    for (int i = 0; i < 4; ++i) {
      expected[static_cast<std::size_t>((4 * step + i) % 9)] = keys[i] / keys[i].norm();
    }
    CHECK(distance(state(*net.objective, "queue.keys"), at::stack(expected)) < 1e-15);
    CHECK(state(*net.objective, "queue.next").item<std::int64_t>() == 4 * (step + 1) % 9);
  }
}

TEST_CASE("MoCo keeps the last keys of a batch that is longer than its queue") {
  Net net("moco", small("moco"), 20);
  const auto views = net.embed(batch_of(20, 1.7));
  net.objective->after_optimizer_step(views, {0, 10, 5});
  const at::Tensor keys = views[1].target.narrow(0, 11, 9);
  const at::Tensor unit = keys / keys.norm(2, {1}, true);
  CHECK(distance(state(*net.objective, "queue.keys"), unit) < 1e-15);
}

TEST_CASE("DINO's centre follows the mean of what the teacher gives") {
  Net net("dino", small("dino"));
  at::Tensor expected = at::zeros({7}, at::kDouble);
  for (int step = 0; step < 3; ++step) {
    const auto views = net.embed(batch_of(6, 1.4 + step));
    expected = 0.9 * expected + 0.05 * (views[0].target.mean(0) + views[1].target.mean(0));
    net.objective->after_optimizer_step(views, {step, 10, 5});
    CHECK(distance(state(*net.objective, "center.value"), expected) < 1e-14);
  }
}

TEST_CASE("teachers and keys have a graph nowhere and follow the network alone") {
  const std::string id = GENERATE("moco", "dino");
  INFO(id);
  Net net(id, small(id));
  const auto views = net.embed(batch_of(6, 1.2));
  for (const auto& view : views) {
    if (view.target.defined()) CHECK_FALSE(view.target.requires_grad());
  }
  net.objective->loss(views, {0, 10, 5}).total.backward();
  for (const auto& [name, tensor] : state_of(*net.objective).buffers) {
    INFO(name);
    CHECK_FALSE(tensor.grad().defined());
    CHECK_FALSE(tensor.requires_grad());
  }
  for (const auto& [name, tensor] : state_of(*net.objective).parameters) {
    INFO(name);
    CHECK(tensor.grad().defined());
  }
  // In the first of ten steps DINO's share is still the one that it starts with.
  const std::string teacher = id == "moco" ? "key_encoder.weight" : "teacher_encoder.weight";
  const double kept = id == "moco" ? 0.999 : 0.996;
  const at::Tensor before = state(*net.objective, teacher).clone();
  const at::Tensor online = state_of(*net.context.encoder).parameters.front().tensor;
  set(*net.objective, teacher, before);
  {
    const at::NoGradGuard no_grad;
    online.add_(1);
  }
  net.objective->after_optimizer_step(views, {0, 10, 5});
  CHECK(distance(state(*net.objective, teacher) - before, at::full_like(before, 1 - kept)) < 1e-10);
}

TEST_CASE("a view without a target is seen by no teacher, and a key by no query network") {
  Net dino("dino", small("dino"));
  for (const auto& [i, has] : {std::pair{1, true}, std::pair{2, false}}) {
    CHECK(dino.embed(batch_of(6, 1))[static_cast<std::size_t>(i)].target.defined() == has);
  }
  Net moco("moco", small("moco"));
  const auto views = moco.embed(batch_of(6, 1));
  CHECK_FALSE(views[0].target.defined());
  CHECK_FALSE(views[1].online.defined());
}

TEST_CASE("prototypes stay in the first epoch and move in the second") {
  const std::string id = GENERATE("dino", "swav");
  const std::string name = id == "dino" ? "head.prototypes" : "prototypes";
  INFO(id);
  Net net(id, small(id));
  const at::Tensor first = state(*net.objective, name).detach().clone();
  for (int step = 0; step < 3; ++step) net.step(batch_of(6, 1.5 + step), {step, 12, 3});
  CHECK(distance(state(*net.objective, name), first) < 1e-7);
  net.step(batch_of(6, 4.5), {3, 12, 3});
  CHECK(distance(state(*net.objective, name), first) > 1e-6);
  if (id == "swav") {
    const at::Tensor lengths = state(*net.objective, name).detach().norm(2, {1});
    CHECK((lengths - 1).abs().max().item<double>() < 1e-14);
  }
}

TEST_CASE("an objective that takes over another's state goes on as that would") {
  const std::string id = GENERATE("moco", "dino", "swav", "byol", "simclr");
  INFO(id);
  const Settings settings =
      id == "byol" || id == "simclr" ? Settings{{"projector", Integers{8, 4}}} : small(id);
  Net one(id, settings), other(id, settings);
  for (int step = 0; step < 3; ++step) one.step(batch_of(6, 1.5 + step), {step, 12, 2});
  const at::NoGradGuard no_grad;
  for (auto [to, from] :
       {std::pair<Stateful*, Stateful*>{other.objective.get(), one.objective.get()},
        {other.context.encoder.get(), one.context.encoder.get()}}) {
    const State target = state_of(*to), source = state_of(*from);
    for (std::size_t i = 0; i < source.parameters.size(); ++i) {
      target.parameters[i].tensor.copy_(source.parameters[i].tensor);
    }
    for (std::size_t i = 0; i < source.buffers.size(); ++i) {
      target.buffers[i].tensor.copy_(source.buffers[i].tensor);
    }
  }
  const at::AutoGradMode grad(true);
  for (int step = 3; step < 6; ++step) {
    const at::Tensor batch = batch_of(6, 1.5 + step);
    CHECK(one.step(batch, {step, 12, 2}) == other.step(batch, {step, 12, 2}));
  }
}

TEST_CASE("MoCo takes two views, and DINO and SwAV need one to predict") {
  CHECK(contains(error_of(ErrorKind::config, [] { make("moco", small("moco"), toy(3)); }),
                 "two views, not 3"));
  for (const char* id : {"dino", "swav"}) {
    CHECK(contains(error_of(ErrorKind::config, [&] { make(id, small(id), toy(1)); }), "not 1"));
    const auto objective = make(id, small(id), toy());
    const std::vector<Embedding> views(2, Embedding{at::rand({4, 7}), {}, {}});
    CHECK(contains(error_of(ErrorKind::config, [&] { objective->loss(views, {}); }),
                   "target = true"));
  }
}

namespace {

/// Loss, gradient of a map before the embeddings, and the state after the step, on some ranks.
struct Outcome {
  at::Tensor loss, grad, state;
};

Outcome run_rank(const std::string& id, Collective& collective) {
  constexpr std::int64_t rows = 8;
  const std::int64_t own = rows / collective.size(), width = id == "moco" ? 5 : 7;
  auto context = toy(id == "moco" ? 2 : 3, rows);
  context.collective = &collective;
  const auto objective = make(id, small(id), context);
  objective->to(at::kCPU, at::kDouble);
  if (id == "moco") set(*objective, "queue.keys", batch_of(9, 0.7).narrow(1, 0, 5));
  const at::Tensor weight = batch_of(width, 1.37).t().contiguous().requires_grad_();
  std::vector<Embedding> views;
  for (int i = 0; i < context.views; ++i) {
    const at::Tensor x = batch_of(rows, 2.1 + i).narrow(0, collective.rank() * own, own);
    const at::Tensor scores = x.mm(weight).tanh();
    views.push_back({scores, i < 2 ? scores.detach() * 0.9 : at::Tensor(), {}});
  }
  const StepContext step{0, 10, 5};
  const Loss loss = objective->loss(views, step);
  loss.total.backward();
  objective->after_optimizer_step(views, step);
  const std::string kept = id == "moco" ? "queue.keys" : id == "dino" ? "center.value" : "";
  return {loss.total.detach(), weight.grad(),
          kept.empty() ? at::ones({1}, at::kDouble) : state(*objective, kept).clone()};
}

}  // namespace

TEST_CASE("MoCo, DINO and SwAV: ranks compute the loss, the gradient and the state of one rank") {
  const std::string id = GENERATE("moco", "dino", "swav");
  const Outcome alone = run_rank(id, single_rank());
  for (int ranks : {2, 4}) {
    INFO(id << " on " << ranks << " ranks");
    std::vector<Outcome> outcomes;
    std::mutex mutex;
    testing::run_ranks(ranks, [&](Collective& collective) {
      Outcome outcome = run_rank(id, collective);
      const std::lock_guard lock(mutex);
      outcomes.push_back(std::move(outcome));
    });
    at::Tensor loss = at::zeros_like(alone.loss), grad = at::zeros_like(alone.grad);
    for (const auto& outcome : outcomes) {
      loss = loss + outcome.loss / ranks;
      grad = grad + outcome.grad / ranks;
      CHECK(distance(outcome.state, alone.state) <= 1e-14);
    }
    CHECK(distance(loss, alone.loss) <= 1e-12);
    CHECK(distance(grad, alone.grad) <= 1e-12);
  }
}
