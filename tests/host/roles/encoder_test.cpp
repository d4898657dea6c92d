#include "roles/encoder.hpp"

#include "catch.hpp"
#include "plugin/catalog.hpp"
#include "roles/backbone.hpp"
#include "roles/state.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/module.hpp"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include <algorithm>

using namespace tandem;
using roles::HostEncoder;
using roles::Pooling;

namespace {

/// A convolution with BatchNorm, and a layer behind the tap that the output does not depend on.
class Small final : public ModuleBackbone {
 public:
  Small() {
    conv_ = add("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 4, 3).bias(false)));
    norm_ = add("norm", torch::nn::BatchNorm2d(4));
    unused_ = add("unused", torch::nn::Linear(4, 2));
  }
  at::Tensor forward(const at::Tensor& view) override { return norm_(conv_(view)); }
  std::vector<std::string> layers() const override { return {"norm"}; }

 private:
  torch::nn::Conv2d conv_{nullptr};
  torch::nn::BatchNorm2d norm_{nullptr};
  torch::nn::Linear unused_{nullptr};
};

class Series final : public ModuleBackbone {
 public:
  Series() { conv_ = add("conv", torch::nn::Conv1d(3, 4, 1)); }
  at::Tensor forward(const at::Tensor& view) override { return conv_(view); }
  std::vector<std::string> layers() const override { return {"conv"}; }

 private:
  torch::nn::Conv1d conv_{nullptr};
};

class KeepLog final : public Log {
 public:
  void write(LogLevel, std::string_view message) override { text += std::string(message) + "\n"; }
  std::string text;
};

ErrorKind kind_of(const std::function<void()>& call, std::string part) {
  try {
    call();
  } catch (const Error& error) {
    CAPTURE(std::string(error.what()), part);
    CHECK(std::string(error.what()).find(part) != std::string::npos);
    return error.kind();
  }
  return ErrorKind::internal;
}

/// The real plugin, through the real loader.
std::unique_ptr<Backbone> resnet(const std::string& id, const std::string& tap,
                                 std::int64_t width = 64) {
  static plugin::Catalog catalog(null_log());
  if (catalog.files().empty()) catalog.add_folder(TANDEM_PLUGIN_DIR);
  const auto found = catalog.find_as<BackboneFactory>(Role::backbone, id);
  const auto& schema = found.factory->schema();
  auto values = defaults(schema);
  values[static_cast<std::size_t>(schema.find("width") - schema.params.data())] = width;
  return roles::make_backbone(found, values, {tap, 3, false, &null_log()});
}

}  // namespace

TEST_CASE("the dry run leaves BatchNorm and random state untouched") {
  auto backbone = std::make_unique<Small>();
  Small& small = *backbone;
  std::vector<at::Tensor> before;
  for (const auto& item : state_of(small).buffers) before.push_back(item.tensor.clone());
  const auto sample = torch::randn({2, 3, 8, 8}).mul(100);
  torch::manual_seed(7);
  const auto expected = torch::rand({3});

  torch::manual_seed(7);
  const HostEncoder encoder(std::move(backbone), Pooling("auto"), sample, null_log());
  CHECK(torch::equal(torch::rand({3}), expected));
  const auto after = state_of(small).buffers;
  for (std::size_t i = 0; i < before.size(); ++i) CHECK(torch::equal(before[i], after[i].tensor));
  CHECK(encoder.width() == 4);
}

TEST_CASE("what the tap does not depend on is not trained, and named") {
  auto backbone = std::make_unique<Small>();
  Small& small = *backbone;
  KeepLog log;
  HostEncoder encoder(std::move(backbone), Pooling("avg"), torch::ones({2, 3, 8, 8}), log);
  const State state = state_of(encoder);
  REQUIRE(state.parameters.size() == 3);
  for (const auto& item : state.parameters) CHECK(item.name.rfind("unused", 0) != 0);
  std::vector<std::string> kept;
  for (const auto& item : state.buffers) kept.push_back(item.name);
  CHECK(std::count(kept.begin(), kept.end(), "unused.weight") == 1);
  for (const auto& item : state_of(small).parameters) CHECK(item.tensor.requires_grad());
  CHECK(log.text.find("unused.weight, unused.bias") != std::string::npos);
}

TEST_CASE("a view whose latents have another width is refused, with its shape and both widths") {
  HostEncoder encoder(std::make_unique<Small>(), Pooling("flatten"), torch::ones({2, 3, 8, 8}),
                      null_log());
  CHECK(encoder(torch::ones({5, 3, 8, 8})).size(1) == 4 * 6 * 6);
  CHECK(kind_of(
            [&] {
              encoder(torch::ones({5, 3, 6, 6}));
            },
            "a view of shape [5, 3, 6, 6] has latents 64 wide, one of [2, 3, 8, 8] 144; set "
            "pool = \"avg\"") == ErrorKind::config);
}

TEST_CASE("three dimensions are tokens: it is told, unless the word says it") {
  const auto told = [](const std::string& word) {
    KeepLog log;
    const HostEncoder encoder(std::make_unique<Series>(), Pooling(word), torch::ones({2, 3, 8}),
                              log);
    return std::to_string(encoder.width()) + ": " + log.text;
  };
  CHECK(told("auto").find("8: pool = \"auto\": the layer's output [2, 4, 8] is taken for tokens "
                          "(N, T, F)") == 0);
  CHECK(told("mean_tokens") == "8: ");
  CHECK(told("mean_length") == "4: ");
}

TEST_CASE("a new encoder is in training mode") {
  auto backbone = std::make_unique<Small>();
  Small& small = *backbone;
  HostEncoder encoder(std::move(backbone), Pooling("auto"), torch::ones({2, 3, 8, 8}), null_log());
  encoder(torch::randn({2, 3, 8, 8}));
  for (const auto& item : state_of(small).buffers) {
    if (item.name == "norm.num_batches_tracked") CHECK(item.tensor.item<std::int64_t>() == 1);
  }
}

TEST_CASE("the real ResNet: any layer by torchvision's name, the old spelling, and near names") {
  const auto sample = torch::zeros({2, 3, 64, 64});
  const auto width = [&](const std::string& tap) {
    return HostEncoder(resnet("resnet18", tap), Pooling("auto"), sample, null_log()).width();
  };
  CHECK(width("") == 512);
  CHECK(width("avg_pool") == 512);
  CHECK(width("layer1") == 64);
  CHECK(width("layer3.0") == 256);
  CHECK(width("fc") == 1000);
  CHECK(kind_of([&] { width("layer5"); }, "did you mean 'layer") == ErrorKind::config);
}

TEST_CASE("copying by name makes two networks one, and refuses different ones") {
  HostEncoder one(std::make_unique<Small>(), Pooling("auto"), torch::ones({2, 3, 8, 8}),
                  null_log());
  HostEncoder two(std::make_unique<Small>(), Pooling("auto"), torch::ones({2, 3, 8, 8}),
                  null_log());
  const auto view = torch::randn({4, 3, 8, 8});
  CHECK_FALSE(torch::equal(one(view), two(view)));
  roles::copy_by_name(two, one);
  CHECK(torch::equal(one(view), two(view)));
  HostEncoder other(resnet("resnet10", ""), Pooling("auto"), torch::zeros({2, 3, 32, 32}),
                    null_log());
  CHECK(kind_of([&] { roles::copy_by_name(one, other); }, "must build the same network") ==
        ErrorKind::plugin);
}

TEST_CASE("narrow networks train on large pictures in channels-last memory") {
  // LibTorch 2.13 corrupts memory in the gradient of a strided 1 × 1 convolution over 8 channels.
  auto backbone = resnet("resnet18", "", 8);
  roles::to_channels_last(*backbone);
  const auto view = torch::randn({2, 3, 224, 224}).contiguous(at::MemoryFormat::ChannelsLast);
  HostEncoder encoder(std::move(backbone), Pooling("auto"), view, null_log());
  for (int i = 0; i < 3; ++i) encoder(view).sum().backward();
  for (const auto& item : state_of(encoder).parameters)
    CHECK(item.tensor.grad().isfinite().all().item<bool>());
}
