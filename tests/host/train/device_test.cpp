#include "train/device.hpp"

#include "catch.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/collective.hpp"
#include "train/device_views.hpp"
#include "train/parameter_groups.hpp"
#include "train/trainer.hpp"

#include <torch/types.h>

#include <cstdlib>
#include <string>

using namespace tandem;

namespace {

/// False, and says so, where there is no device to test on.
bool has_device() {
  if (at::hasCUDA()) return true;
  WARN("skipped: LibTorch finds no CUDA device");
  return false;
}

std::string refusal(const std::string& name, int local_rank) {
  try {
    train::choose_device(name, local_rank);
  } catch (const Error& error) {
    return error.kind() == ErrorKind::resource ? error.what() : "wrong kind";
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::shared_ptr<data::Source> pictures() {
  data::SourceOptions options;
  options.kind = "synthetic";
  options.synthetic.count = 30;
  options.synthetic.size = 6;
  return data::open_source(options);
}

constexpr int batch_size = 8;

/// Makes floats of one picture in sixteen: of no picture of some batches, and of one of others.
class SometimesFloats final : public Augmentation {
 public:
  void apply(Image& image, Random& random) const override {
    if (random.uniform() > 1 / 16.0) return;
    float* out = image.scratch_f32(image.height(), image.width(), image.channels());
    for (std::size_t i = 0; i < image.values(); ++i)
      out[i] = static_cast<float>(image.u8()[i]) / 300;
    image.swap();
  }
};

data::BatchLoader loader(data::AllocateFloats allocate = nullptr, bool keep_bytes = false) {
  data::LoaderOptions options;
  options.batch_size = batch_size;
  options.seed = 5;
  options.keep_bytes = keep_bytes;
  options.allocate = std::move(allocate);
  const data::Normalization values{{0.4f, 0.5f, 0.6f}, {0.21f, 0.22f, 0.23f}};
  return {pictures(), {{}, {{std::make_shared<SometimesFloats>()}}}, values, options};
}

class Flat final : public Encoder {
 public:
  at::Tensor operator()(const at::Tensor& view) override { return view.flatten(1).mm(weight); }
  std::int64_t width() const override { return 4; }
  void visit(StateVisitor& visitor) override { visitor.parameter("weight", weight); }
  void train(bool) override {}
  void to(at::Device device, at::ScalarType type) override { move_to(weight, device, type); }
  at::Tensor weight = (torch::arange(3 * 6 * 6 * 4) / 40000.0).reshape({-1, 4}).requires_grad_();
};

class Nearness final : public Objective {
 public:
  using Objective::Objective;
  Embedding embed(const Latents& latents, const ViewContext&) override {
    return {latents.online.tanh(), {}, {}};
  }
  Loss loss(std::span<const Embedding> views, const StepContext&) override {
    return {(views[0].online * views[1].online).mean(), {}};
  }
  void visit(StateVisitor&) override {}
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}
};

/// The weights after some epochs, and the pictures that a follower was told of.
struct Trained {
  at::Tensor weight;
  std::vector<std::int64_t> samples;
};

class Following final : public train::Follower {
 public:
  explicit Following(std::vector<std::int64_t>& seen) : seen_(seen) {}
  void after_step(const at::Tensor& latents, std::span<const std::int64_t> samples) override {
    CHECK(latents.device().is_cpu());
    seen_.insert(seen_.end(), samples.begin(), samples.end());
  }
  report::Values take_values() override { return {}; }
  void visit(StateVisitor&) override {}

 private:
  std::vector<std::int64_t>& seen_;
};

Trained train_on(at::Device device, bool copy_batches, bool keep_bytes = false) {
  auto batches = loader(train::pinned_memory(device), keep_bytes);
  const auto encoder = std::make_shared<Flat>();
  encoder->to(device, at::kFloat);
  ObjectiveContext context;
  context.encoder = encoder;
  context.collective = &single_rank();
  train::LearnerParts parts;
  parts.encoder = encoder;
  parts.objective = std::make_unique<Nearness>(context);
  train::AdamOptions options;
  options.lr = 1e-2;
  parts.optimizer =
      train::make_optimizer(train::trained_parameters(*encoder, *parts.objective), options);
  parts.views = {{0, 2, "", false}, {1, 2, "", false}};
  train::Learner learner(std::move(parts));
  train::Plan plan;
  plan.epochs = 3;
  plan.steps_per_epoch = batches.batches_per_epoch();
  plan.total_steps = plan.epochs * plan.steps_per_epoch - 1;
  plan.device = device;
  plan.copy_batches = copy_batches;
  Trained trained;
  Following follower(trained.samples);
  train::Questions questions;
  questions.evaluate = [](auto, auto, auto) { return std::vector<report::EvalEvent>(); };
  questions.follower = &follower;
  train::Trainer(learner, batches, plan, {}, questions).run({}, std::atomic<bool>(false));
  trained.weight = encoder->weight.detach().cpu();
  return trained;
}

}  // namespace

TEST_CASE("a device is chosen by name; one that is not there is refused in words") {
  CHECK(train::choose_device("cpu").is_cpu());
  CHECK(train::choose_device("auto").is_cpu());  // nobody gets another unasked
  if (at::hasCUDA()) return;
  const std::string text = refusal("cuda", 0);
  CHECK(contains(text, "run.device is \"cuda\""));
  CHECK(contains(text, "built for the CPU alone"));
  CHECK(contains(text, "run.device = \"cpu\""));
}

TEST_CASE("batches that are copied are the loader's, to the bit, and outlive them") {
  auto lent = loader(), copied = loader();
  train::DeviceViews direct(at::kCPU, at::kFloat), copies(at::kCPU, at::kFloat, /*copies=*/true);
  CHECK_FALSE(direct.copies());
  std::vector<train::PlacedBatch> all;
  for (int i = 0; i < 7; ++i) all.push_back(copies.next(copied));
  for (const auto& kept : all) {
    const auto batch = direct.next(lent);
    CHECK(kept.samples == batch.samples);
    REQUIRE(kept.views.size() == batch.views.size());
    for (std::size_t v = 0; v < batch.views.size(); ++v) {
      CHECK(torch::equal(kept.views[v], batch.views[v]));
      CHECK(kept.views[v].is_contiguous(at::MemoryFormat::ChannelsLast));
    }
  }
}

TEST_CASE("batches of bytes become the loader's own floats, to the bit") {
  auto floats = loader(), bytes = loader(nullptr, /*keep_bytes=*/true);
  train::DeviceViews direct(at::kCPU, at::kFloat), copies(at::kCPU, at::kFloat, /*copies=*/true);
  auto watched = loader(nullptr, true);
  int whole = 0, mixed = 0;
  for (int i = 0; i < 12; ++i) {
    const auto placed = copies.next(bytes), batch = direct.next(floats);
    CHECK(placed.samples == batch.samples);
    for (std::size_t v = 0; v < batch.views.size(); ++v) {
      CHECK(torch::equal(placed.views[v], batch.views[v]));
      CHECK(placed.views[v].is_contiguous(at::MemoryFormat::ChannelsLast));
    }
    const auto& views = watched.next().views;
    CHECK(views[0].bytes != nullptr);
    ++(views[1].bytes != nullptr ? whole : mixed);
  }
  CHECK(whole > 0);
  CHECK(mixed > 0);
}

TEST_CASE("a loader's batches lie where they are told to") {
  int calls = 0;
  const void* last = nullptr;
  auto batches = loader([&](std::size_t count) {
    CHECK(count == batch_size * 6 * 6 * 3);
    ++calls;
    std::shared_ptr<float> memory(static_cast<float*>(std::aligned_alloc(64, count * 4)),
                                  std::free);
    last = memory.get();
    return memory;
  });
  CHECK(calls == 2 * 3);  // views, batches in the ring
  const void* seen = nullptr;
  for (int i = 0; i < 3; ++i) seen = batches.next().views[1].data;
  CHECK(seen == last);
}

TEST_CASE("training from copied batches gives the same bits as from the loader's own") {
  const Trained direct = train_on(at::kCPU, false), copied = train_on(at::kCPU, true);
  CHECK(direct.samples.size() == 8 * batch_size);
  CHECK(direct.samples == copied.samples);
  CHECK(torch::equal(direct.weight, copied.weight));
  const Trained of_bytes = train_on(at::kCPU, true, /*keep_bytes=*/true);
  CHECK(torch::equal(direct.weight, of_bytes.weight));
  CHECK_FALSE(torch::equal(direct.weight, Flat().weight));
}

TEST_CASE("training on a device is training on the CPU, but for rounding", "[device]") {
  if (!has_device()) return;
  const auto device = train::choose_device("cuda");
  const Trained here = train_on(at::kCPU, false);
  for (const bool keep_bytes : {false, true}) {
    const Trained there = train_on(device, false, keep_bytes);
    CHECK(here.samples == there.samples);
    CHECK(torch::allclose(here.weight, there.weight, 1e-4, 1e-5));
  }
}

TEST_CASE("each process on a machine takes a device of its own", "[device]") {
  if (!has_device()) return;
  const int count = static_cast<int>(at::getNumGPUs());
  CHECK(train::choose_device("cuda", count - 1).index() == count - 1);
  CHECK(contains(refusal("cuda", count), "LOCAL_RANK"));
}
