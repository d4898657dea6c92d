#include "catch.hpp"
#include "formats/safetensors.hpp"
#include "network.hpp"

#include <algorithm>

using network::make;

namespace {

using Tensors = std::map<std::string, at::Tensor>;

/// What tests/golden/resnet_reference.py wrote for one network: names under `prefix`, without it.
Tensors golden(const std::string& prefix) {
  static const auto file =
      tandem::formats::SafetensorsFile::open(TANDEM_TEST_DIR "/golden/resnet.safetensors");
  Tensors tensors;
  for (const auto& info : file.tensors()) {
    if (info.name.rfind(prefix, 0) != 0) continue;
    at::Tensor tensor = torch::empty(info.shape, torch::kFloat64);
    file.read(info, tensor.data_ptr());
    tensors[info.name.substr(prefix.size())] = tensor;
  }
  REQUIRE(!tensors.empty());
  return tensors;
}

at::Tensor only(const std::string& name) {
  return golden(name).at("");
}

/// The network in float64 with the reference's weights.
std::unique_ptr<tandem::Backbone> loaded(const std::string& id, const network::Settings& settings,
                                         const std::string& tap, std::int64_t channels,
                                         bool training) {
  auto net = make(id, settings, tap, channels);
  net->to(at::kCPU, at::kDouble);
  net->train(training);
  const torch::NoGradGuard no_grad;
  const Tensors weights = golden(id + "/state/");
  for (auto& [name, tensor] : network::by_name(*net))
    if (name.find("num_batches_tracked") == std::string::npos) tensor.copy_(weights.at(name));
  return net;
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return (a - b).abs().max().item<double>();
}

void compare_outputs(const std::string& id, const network::Settings& settings,
                     std::int64_t channels, bool training) {
  for (const auto& [tap, expected] : golden(id + "/output/")) {
    INFO(id << " " << tap);
    const auto net = loaded(id, settings, tap, channels, training);
    CHECK(difference(net->forward(only(id + "/input")), expected) < 1e-12);
  }
}

void compare_gradients(const std::string& id, const network::Settings& settings,
                       std::int64_t channels) {
  const auto net = loaded(id, settings, "", channels, true);
  at::Tensor input = only(id + "/input").requires_grad_();
  (net->forward(input) * only(id + "/cotangent")).sum().backward();
  CHECK(difference(input.grad(), only(id + "/gradient/input")) < 1e-12);
  auto state = network::by_name(*net);
  CHECK(difference(state.at("conv1.weight").grad(), only(id + "/gradient/conv1.weight")) < 1e-12);
  for (const auto& [name, expected] : golden(id + "/running/"))
    CHECK(difference(state.at(name), expected) < 1e-12);
}

const network::Settings eighteen = {{"width", std::int64_t{2}}};
const network::Settings fifty = {{"width", std::int64_t{2}},
                                 {"stem", std::string("small")},
                                 {"stages", std::int64_t{2}},
                                 {"blocks", tandem::Integers{2, 1}}};
const network::Settings ten = {
    {"width", std::int64_t{3}}, {"stem", std::string("cifar")}, {"stages", std::int64_t{3}}};

std::string failure(const std::string& id, const network::Settings& settings,
                    const std::string& tap) {
  try {
    make(id, settings, tap);
  } catch (const tandem::Error& error) {
    CHECK(error.kind() == tandem::ErrorKind::config);
    return error.what();
  }
  return "";
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("outputs equal the reference's at every kind of layer") {
  compare_outputs("resnet18", eighteen, 3, false);
  compare_outputs("resnet50", fifty, 1, true);
  compare_outputs("resnet10", ten, 3, true);
}

TEST_CASE("gradients and running statistics equal the reference's") {
  compare_gradients("resnet50", fifty, 1);
  compare_gradients("resnet10", ten, 3);
}

TEST_CASE("the classifier is a linear map of the pooled features") {
  torch::manual_seed(2);
  const auto classifier = make("resnet10", ten, "fc");
  torch::manual_seed(2);
  const auto features = make("resnet10", ten, "avgpool");
  const at::Tensor view = torch::rand({4, 3, 8, 8});
  const at::Tensor latents = features->forward(view);
  CHECK(latents.sizes().vec() == std::vector<std::int64_t>{4, 12, 1, 1});
  const auto state = network::by_name(*classifier);
  const at::Tensor expected =
      latents.flatten(1).matmul(state.at("fc.weight").t()) + state.at("fc.bias");
  CHECK(difference(classifier->forward(view), expected) < 1e-5);
}

TEST_CASE("a tapped layer is not changed by the one behind it") {
  for (const std::string tap : {"bn1", "layer1.0.bn1", "layer1.0.bn2", "layer1.0.add"}) {
    const at::Tensor out = make("resnet10", ten, tap)->forward(torch::randn({4, 3, 8, 8}));
    CHECK(out.min().item<double>() < 0);
  }
}

TEST_CASE("the stem decides the resolution") {
  const at::Tensor view = torch::rand({1, 3, 32, 32});
  const auto side = [&](const std::string& stem, const std::string& tap) {
    return make("resnet10", {{"stem", stem}, {"width", std::int64_t{2}}}, tap)
        ->forward(view)
        .size(3);
  };
  CHECK(side("imagenet", "conv1") == 16);
  CHECK(side("imagenet", "layer1") == 8);
  CHECK(side("small", "layer1") == 16);
  CHECK(side("cifar", "layer1") == 32);
  CHECK(side("cifar", "layer4") == 4);
}

TEST_CASE("solo-learn's stem is the CIFAR stem on a picture with a black rim") {
  const at::Tensor view = torch::rand({2, 3, 12, 12});
  const auto latents = [](const std::string& stem, const at::Tensor& input) {
    torch::manual_seed(7);
    return make("resnet10", {{"stem", stem}, {"width", std::int64_t{2}}})->forward(input);
  };
  const at::Tensor padded = torch::constant_pad_nd(view, {1, 1, 1, 1});
  CHECK(torch::allclose(latents("cifar_pad2", view), latents("cifar", padded), 1e-5, 1e-6));
  CHECK_FALSE(torch::allclose(latents("cifar_pad2", view), latents("cifar", view), 1e-3, 1e-3));
}

TEST_CASE("layers are listed outermost first, as torchvision names them") {
  const auto layers = make("resnet18")->layers();
  const std::vector<std::string> outer = {"conv1",   "bn1",    "relu",    "maxpool",
                                          "layer1",  "layer2", "layer3",  "layer4",
                                          "avgpool", "fc",     "layer1.0"};
  REQUIRE(layers.size() > outer.size());
  CHECK(std::vector<std::string>(layers.begin(), layers.begin() + 11) == outer);
  for (const char* name : {"layer1.1", "layer2.0.conv1", "layer2.0.bn1", "layer2.0.relu",
                           "layer2.0.conv2", "layer2.0.bn2", "layer2.0.downsample.0",
                           "layer2.0.downsample.1", "layer2.0.add", "layer2.0.relu_1"})
    CHECK(has(layers, name));
  CHECK(!has(layers, "layer1.0.downsample.0"));
  CHECK(!has(layers, "layer1.2"));
  CHECK(has(make("resnet50")->layers(), "layer1.0.relu_2"));
  CHECK(has(make("resnet50")->layers(), "layer1.0.downsample.0"));
  CHECK(!has(make("resnet18", {{"stem", std::string("cifar")}})->layers(), "maxpool"));
  CHECK(!has(make("resnet18", {{"stages", std::int64_t{2}}})->layers(), "layer3"));
}

TEST_CASE("an unknown layer is refused with the nearest names") {
  const std::string message = failure("resnet18", {}, "avgpol");
  CHECK(message.find("resnet18") != std::string::npos);
  CHECK(message.find("'avgpol'") != std::string::npos);
  CHECK(message.find("'avgpool'") != std::string::npos);
  CHECK(failure("resnet18", {}, "layer5") != "");
  CHECK(failure("resnet18", {}, "layer1.0.conv3") != "");
  CHECK(failure("resnet18", {}, "layer1.0.") != "");
}

TEST_CASE("blocks that do not fit the stages are refused") {
  const std::string message = failure("resnet18", {{"blocks", tandem::Integers{1, 1}}}, "");
  CHECK(message.find("blocks has 2 entries and stages is 4") != std::string::npos);
  CHECK_THROWS_AS(make("resnet18", {{"stem", std::string("tiny")}}), std::invalid_argument);
  CHECK_THROWS_AS(make("resnet18", {{"width", std::int64_t{0}}}), std::invalid_argument);
  CHECK_THROWS_AS(make("resnet18", {{"blocks", tandem::Integers{1, 0}}}), std::invalid_argument);
}
