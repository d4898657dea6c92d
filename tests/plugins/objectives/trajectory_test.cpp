#include "catch.hpp"
#include "support.hpp"
#include "tandem/sdk/collective.hpp"
#include "tandem/sdk/module.hpp"
#include "train/learner.hpp"
#include "train/optimizer.hpp"

#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <functional>

using namespace tandem;
using namespace tandem::test;

namespace {

constexpr std::int64_t latent = 8;
constexpr std::int64_t steps = 30;
constexpr std::int64_t batch = 16;

/// The encoder of golden/trajectory.py.
struct NetImpl : torch::nn::Module {
  torch::nn::Conv2d conv1, conv2;
  torch::nn::BatchNorm2d norm1, norm2;

  NetImpl()
      : conv1(torch::nn::Conv2dOptions(1, 6, 3).padding(1).bias(false)),
        conv2(torch::nn::Conv2dOptions(6, latent, 3).stride(2).padding(1).bias(false)),
        norm1(6),
        norm2(latent) {
    register_module("conv1", conv1);
    register_module("norm1", norm1);
    register_module("conv2", conv2);
    register_module("norm2", norm2);
  }
  at::Tensor forward(const at::Tensor& view) {
    const at::Tensor maps = torch::relu(norm1(conv1(view)));
    return torch::relu(norm2(conv2(maps))).mean({2, 3});
  }
};
TORCH_MODULE(Net);

class TinyEncoder final : public WithModules<Encoder> {
 public:
  TinyEncoder() : net_(add("", Net())) {}
  at::Tensor operator()(const at::Tensor& view) override { return net_(view); }
  std::int64_t width() const override { return latent; }

 private:
  Net net_;
};

ObjectiveContext tiny_context() {
  ObjectiveContext context;
  context.encoder = std::make_shared<TinyEncoder>();
  context.new_encoder = [](Init) { return std::make_shared<TinyEncoder>(); };
  context.collective = &single_rank();
  context.log = &null_log();
  context.global_batch = batch;
  context.steps_per_epoch = steps;
  context.total_steps = steps;
  return context;
}

/// Calls `action(tensor, golden tensor)` for all that `object` holds, and checks that it is all
/// there is.
void with_golden(const Golden& golden, const std::string& prefix, Stateful& object,
                 const std::function<void(const at::Tensor&, const at::Tensor&)>& action) {
  State state = state_of(object);
  auto all = state.parameters;
  all.insert(all.end(), state.buffers.begin(), state.buffers.end());
  CHECK(all.size() == golden.names(prefix).size());
  for (const auto& [name, tensor] : all) {
    INFO(prefix << name);
    REQUIRE(golden.has(prefix + name));
    action(tensor, golden.tensor(prefix + name));
  }
}

void start_from(const Golden& golden, const std::string& prefix, Stateful& object) {
  object.to(at::kCPU, at::kDouble);
  object.train(true);
  const torch::NoGradGuard no_grad;
  with_golden(golden, prefix, object, [](const at::Tensor& tensor, const at::Tensor& value) {
    REQUIRE(tensor.sizes() == value.sizes());
    tensor.copy_(value);
  });
}

void check_end(const Golden& golden, const std::string& prefix, Stateful& object) {
  with_golden(golden, prefix, object, [](const at::Tensor& tensor, const at::Tensor& value) {
    CHECK((tensor.detach() - value).abs().max().item<double>() <= 1e-9);
  });
}

std::unique_ptr<train::Optimizer> make_optimizer(const std::string& name, Stateful& encoder,
                                                 Stateful& objective) {
  std::vector<train::TrainedParameter> trained;
  for (auto* object : {&encoder, &objective}) {
    const std::string prefix = object == &encoder ? "encoder." : "objective.";
    for (const auto& [key, tensor] : state_of(*object).parameters) {
      trained.push_back({prefix + key, tensor, tensor.dim() <= 1});
    }
  }
  if (name == "sgd") {
    train::SgdOptions options;
    options.lr = 0.02;
    options.weight_decay = 1e-3;
    options.decay_bias_norm = true;
    return train::make_optimizer(trained, options);
  }
  train::LarsOptions options;
  options.lr = 3;
  options.bias_lr = 0.02;
  options.weight_decay = 1e-3;
  return train::make_optimizer(trained, options);
}

double train_step(Objective& objective, train::Optimizer& optimizer, const at::Tensor& views,
                  std::int64_t step) {
  const StepContext context{step, steps, steps};
  std::vector<Embedding> embeddings;
  for (int i = 0; i < 2; ++i) {
    const ViewContext view{i, 2, "", true};
    embeddings.push_back(objective.embed(objective.encode(views[i], view), view));
  }
  Loss loss = objective.loss(embeddings, context);
  optimizer.zero_grad();
  loss.total.backward();
  objective.after_backward(context);
  optimizer.step(1);
  objective.after_optimizer_step(embeddings, context);
  return loss.total.item<double>();
}

void check_trajectory(const std::string& id, const std::string& optimizer_name,
                      const Settings& settings) {
  const Golden golden("trajectory.safetensors");
  const auto context = tiny_context();
  const auto objective = make(id, settings, context);
  start_from(golden, id + "/start/encoder/", *context.encoder);
  start_from(golden, id + "/start/objective/", *objective);
  const auto optimizer = make_optimizer(optimizer_name, *context.encoder, *objective);

  const std::string run = id + "/" + optimizer_name;
  const at::Tensor views = golden.tensor("views").to(at::kDouble) / 32;
  const at::Tensor losses = golden.tensor(run + "/losses");
  for (std::int64_t step = 0; step < steps; ++step) {
    INFO(run << ", step " << step);
    const double loss = train_step(*objective, *optimizer, views[step], step);
    CHECK(std::abs(loss - losses[step].item<double>()) <= 1e-9);
  }
  check_end(golden, run + "/end/encoder/", *context.encoder);
  check_end(golden, run + "/end/objective/", *objective);
}

/// The same through the host's learner, both views in one pass.
void check_joint(const std::string& id, const std::string& optimizer, const Settings& settings) {
  const Golden golden("trajectory.safetensors");
  const auto context = tiny_context();
  train::LearnerParts parts;
  parts.encoder = context.encoder;
  parts.objective = make(id, settings, context);
  const std::string start = id + "_joint/start", run = id + "_joint/" + optimizer;
  start_from(golden, start + "/encoder/", *parts.encoder);
  start_from(golden, start + "/objective/", *parts.objective);
  parts.optimizer = make_optimizer(optimizer, *parts.encoder, *parts.objective);
  parts.views = {{0, 2, "", true}, {1, 2, "", true}};
  parts.joint = true;
  train::Learner learner(std::move(parts));

  const at::Tensor views = golden.tensor("views").to(at::kDouble) / 32;
  const at::Tensor losses = golden.tensor(run + "/losses");
  for (std::int64_t step = 0; step < steps; ++step) {
    const at::Tensor pair[] = {views[step][0], views[step][1]};
    const auto result = learner.step(pair, {step, steps, steps});
    CHECK(std::abs(result.loss.item<double>() - losses[step].item<double>()) <= 1e-9);
  }
  check_end(golden, run + "/end/encoder/", learner.encoder());
  check_end(golden, run + "/end/objective/", learner.objective());
}

}  // namespace

TEST_CASE("thirty joint steps of Barlow Twins and BYOL end where the reference ends") {
  const std::string optimizer = GENERATE("sgd", "lars");
  check_joint("barlow_twins", optimizer, {{"projector", Integers{12, 12}}});
  check_joint(
      "byol", optimizer,
      {{"projector", Integers{14, 6}}, {"predictor_hidden", std::int64_t{10}}, {"tau", 0.97}});
}

TEST_CASE("thirty steps of Barlow Twins end where the reference ends, in both forms") {
  const std::string optimizer = GENERATE("sgd", "lars");
  for (const char* form : {"gram", "correlation"}) {
    check_trajectory("barlow_twins", optimizer,
                     {{"projector", Integers{12, 12}}, {"form", std::string(form)}});
  }
}

TEST_CASE("thirty steps of SimSiam end where the reference ends") {
  check_trajectory("simsiam", GENERATE("sgd", "lars"),
                   {{"projector", Integers{12, 12, 10}}, {"predictor_hidden", std::int64_t{4}}});
}

TEST_CASE("thirty steps of BYOL end where the reference ends, target and all") {
  check_trajectory(
      "byol", GENERATE("sgd", "lars"),
      {{"projector", Integers{14, 6}}, {"predictor_hidden", std::int64_t{10}}, {"tau", 0.97}});
}

TEST_CASE("thirty steps of SimCLR end where the reference ends") {
  check_trajectory("simclr", GENERATE("sgd", "lars"),
                   {{"projector", Integers{12, 6}}, {"temperature", 0.2}});
}
