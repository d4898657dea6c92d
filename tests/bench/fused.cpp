// What fusing BatchNorm with ReLU gains, beside LibTorch's own operations in turns.
//
//   bench_fused layers|step [ROUNDS] [THREADS]      milliseconds, medians, ratios of the rounds
//   bench_fused memory fused|plain                  peak memory of three steps
//
// The layers are those of ResNet-18 at 32 px, N 128; the step is that of Barlow Twins (D 2048) on
// it.
#include "plugin/catalog.hpp"
#include "tandem/sdk/backbone.hpp"
#include "tandem/sdk/fused_norm.hpp"
#include "tandem/sdk/objective.hpp"
#include "train/learner.hpp"
#include "train/parameter_groups.hpp"

#include <ATen/Parallel.h>
#include <malloc.h>
#include <sys/resource.h>
#include <torch/types.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace tandem;

namespace {

constexpr std::int64_t batch = 128;

at::Tensor maps(std::int64_t channels, std::int64_t side) {
  return torch::randn({batch, channels, side, side}).contiguous(at::MemoryFormat::ChannelsLast);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

/// `work` in turns, fused and plain; the first round warms up. By the processor's clock, which
/// other work beside disturbs less, with one thread.
template <class Work>
void compare(const std::string& name, int rounds, const Work& work) {
  const clockid_t clock = at::get_num_threads() == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
  std::vector<double> times[2], ratios;  // fused, plain
  for (int round = 0; round <= rounds; ++round) {
    double time[2];
    for (const int plain : {0, 1}) {
      const auto scope = plain == 1 ? std::make_unique<PlainBatchNorm>() : nullptr;
      const double began = now(clock);
      work();
      time[plain] = now(clock) - began;
      if (round > 0) times[plain].push_back(time[plain]);
    }
    if (round > 0) ratios.push_back(time[1] / time[0]);
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf("%-26s plain %8.2f ms, fused %8.2f ms: ratio %.3f, quartiles %.3f to %.3f\n",
              name.c_str(), median(times[1]), median(times[0]), median(ratios),
              ratios[ratios.size() / 4], ratios[3 * ratios.size() / 4]);
}

void layers(int rounds) {
  for (const std::int64_t channels : {64, 128, 256, 512}) {
    const std::int64_t side = 2048 / channels;
    const at::Tensor x = maps(channels, side).requires_grad_(), dy = maps(channels, side);
    const at::Tensor residual = maps(channels, side).requires_grad_();
    const BatchNormState norm{torch::ones({channels}).requires_grad_(),
                              torch::zeros({channels}).requires_grad_(), torch::zeros({channels}),
                              torch::ones({channels})};
    const auto pass = [&](const at::Tensor& added) {
      batch_norm_relu(x, norm, added).backward(dy);
      for (const auto& leaf : {x, residual, norm.weight, norm.bias}) leaf.mutable_grad().reset();
    };
    const std::string shape =
        std::to_string(channels) + " x " + std::to_string(side) + " x " + std::to_string(side);
    compare(shape, rounds, [&] { pass({}); });
    compare(shape + " with residual", rounds, [&] { pass(residual); });
  }
}

class Network final : public Encoder {
 public:
  explicit Network(std::unique_ptr<Backbone> net) : net_(std::move(net)) {}
  at::Tensor operator()(const at::Tensor& view) override { return net_->forward(view).flatten(1); }
  std::int64_t width() const override { return 512; }
  void visit(StateVisitor& visitor) override { net_->visit(visitor); }
  void train(bool on) override { net_->train(on); }
  void to(at::Device device, at::ScalarType type) override { net_->to(device, type); }

 private:
  std::unique_ptr<Backbone> net_;
};

train::Learner make_learner() {
  static plugin::Catalog catalog(null_log());
  catalog.add_folder(TANDEM_PLUGIN_DIR);
  const auto resnet = catalog.find_as<BackboneFactory>(Role::backbone, "resnet18").factory;
  auto values = defaults(resnet->schema());
  values[static_cast<std::size_t>(resnet->schema().find("stem") - resnet->schema().params.data())] =
      std::string("cifar");
  auto net = resnet->create(values, {"", 3, false, &null_log()});
  for (const auto& item : state_of(*net).parameters)
    if (item.tensor.dim() == 4)
      item.tensor.set_data(item.tensor.contiguous(at::MemoryFormat::ChannelsLast));
  ObjectiveContext context;
  context.encoder = std::make_shared<Network>(std::move(net));
  context.collective = &single_rank();
  context.log = &null_log();
  context.global_batch = batch;
  context.steps_per_epoch = context.total_steps = 1000;
  train::LearnerParts parts;
  parts.encoder = context.encoder;
  const auto barlow = catalog.find_as<ObjectiveFactory>(Role::objective, "barlow_twins").factory;
  parts.objective = barlow->create(defaults(barlow->schema()), context);
  parts.optimizer = train::make_optimizer(
      train::trained_parameters(*parts.encoder, *parts.objective), train::SgdOptions{});
  parts.views = {{0, 2, "", true}, {1, 2, "", true}};
  return train::Learner(std::move(parts));
}

void take_step(train::Learner& learner) {
  static const at::Tensor views[] = {maps(3, 32), maps(3, 32)};
  learner.step(views, {0, 1000, 1000});
}

void step(int rounds) {
  auto learner = make_learner();
  compare("step", rounds, [&] { take_step(learner); });
}

void memory(bool plain) {
  const auto scope = plain ? std::make_unique<PlainBatchNorm>() : nullptr;
  auto learner = make_learner();
  for (int i = 0; i < 3; ++i) take_step(learner);
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("%s: %ld MiB\n", plain ? "plain" : "fused", usage.ru_maxrss / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  // As the program does: host/src/cli/process.cpp.
  ::mallopt(M_MMAP_THRESHOLD, 2'000'000'000);
  ::mallopt(M_TRIM_THRESHOLD, 2'000'000'000);
  const std::string what = argc > 1 ? argv[1] : "", second = argc > 2 ? argv[2] : "";
  at::set_num_threads(argc > 3 ? std::atoi(argv[3]) : 2);
  torch::manual_seed(0);
  if (what == "memory") return memory(second == "plain"), 0;
  const int rounds = second.empty() ? 15 : std::atoi(argv[2]);
  if (what == "layers") return layers(rounds), 0;
  if (what == "step") return step(rounds), 0;
  std::fputs("bench_fused layers|step [ROUNDS] [THREADS] | memory fused|plain\n", stderr);
  return 2;
}
