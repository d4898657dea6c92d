#include "catch.hpp"
#include "checkpoint/onnx_graph.hpp"
#include "network.hpp"
#include "tandem/sdk/exportable.hpp"
#include "tandem/sdk/fused_norm.hpp"

#include <set>

using network::make;

namespace {

network::Settings with(const std::string& norm, network::Settings more = {}) {
  more.push_back({"norm", norm});
  more.push_back({"width", std::int64_t{8}});
  more.push_back({"stem", std::string("cifar")});
  return more;
}

/// Weights and statistics that are not what they start as.
void disturb(tandem::Stateful& net) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(41);
  for (auto& [name, tensor] : network::by_name(net))
    if (tensor.dim() == 1) tensor.uniform_(0.5, 1.5);
}

void copy(tandem::Stateful& to, tandem::Stateful& from) {
  const torch::NoGradGuard no_grad;
  auto source = network::by_name(from);
  for (auto& [name, tensor] : network::by_name(to)) tensor.copy_(source.at(name));
}

at::Tensor view_of(std::int64_t count, at::ScalarType type = at::kFloat) {
  torch::manual_seed(43);
  return torch::randn({count, 3, 12, 12}).to(type).contiguous(at::MemoryFormat::ChannelsLast);
}

std::set<std::string> names(const std::vector<tandem::NamedTensor>& list) {
  std::set<std::string> set;
  for (const auto& item : list) set.insert(item.name);
  return set;
}

/// GroupNorm (Wu and He, 2018) by its definition.
at::Tensor group_norm(const at::Tensor& x, std::int64_t groups, const at::Tensor& weight,
                      const at::Tensor& bias) {
  const at::Tensor rows = x.contiguous().view({x.size(0), groups, -1});
  const at::Tensor apart = rows - rows.mean(2, true);
  const at::Tensor scaled = apart / (apart.square().mean(2, true) + 1e-5).sqrt();
  const auto wide = [&](const at::Tensor& vector) { return vector.view({1, -1, 1, 1}); };
  return scaled.view(x.sizes()) * wide(weight) + wide(bias);
}

void check_groups(std::int64_t width, std::int64_t most, std::int64_t expected) {
  INFO(width << " channels, at most " << most << " groups");
  const auto at = [&](const std::string& tap) {
    auto net = make("resnet10",
                    {{"width", width},
                     {"norm", std::string("group")},
                     {"groups", most},
                     {"stem", std::string("cifar")}},
                    tap);
    net->to(at::kCPU, at::kDouble);
    return net;
  };
  const auto conv = at("conv1"), norm = at("bn1");
  disturb(*norm);
  auto state = network::by_name(*norm);
  network::by_name(*conv).at("conv1.weight").detach().copy_(state.at("conv1.weight").detach());
  const at::Tensor view = view_of(2, at::kDouble);
  CHECK(torch::allclose(
      norm->forward(view),
      group_norm(conv->forward(view), expected, state.at("bn1.weight"), state.at("bn1.bias")),
      1e-10, 1e-10));
}

}  // namespace

TEST_CASE("norm = group is GroupNorm, of as many groups as divide the channels in twos or more") {
  check_groups(64, 32, 32);
  check_groups(64, 8, 8);
  check_groups(16, 32, 8);
  check_groups(12, 5, 4);
  check_groups(7, 32, 1);
  check_groups(1, 32, 1);
}

TEST_CASE("norm = group has no statistics, and BatchNorm's names") {
  const auto batch = tandem::state_of(*make("resnet18", with("batch")));
  const auto group = tandem::state_of(*make("resnet18", with("group")));
  CHECK(names(group.parameters) == names(batch.parameters));
  CHECK(group.buffers.empty());
  CHECK(make("resnet18", with("group"))->layers() == make("resnet18", with("batch"))->layers());
}

TEST_CASE(
    "norm = frozen computes in training what BatchNorm does in evaluation, and moves nothing") {
  const auto batch = make("resnet18", with("batch")), frozen = make("resnet18", with("frozen"));
  disturb(*batch);
  copy(*frozen, *batch);  // by equal names
  CHECK(network::by_name(*frozen).size() == network::by_name(*batch).size());
  batch->train(false);
  frozen->train(true);
  const at::Tensor view = view_of(4);
  const at::Tensor latents = frozen->forward(view);
  CHECK(torch::allclose(latents, batch->forward(view), 1e-5, 1e-6));
  for (const auto& [name, tensor] : network::by_name(*batch))
    CHECK(torch::equal(network::by_name(*frozen).at(name), tensor));
}

TEST_CASE("norm = frozen trains convolutions alone, by the gradient through fixed scales") {
  const auto frozen = make("resnet18", with("frozen"));
  const tandem::State state = tandem::state_of(*frozen);
  for (const auto& item : state.parameters) CHECK(item.tensor.dim() == 4);
  for (const auto& item : state.buffers) CHECK_FALSE(item.tensor.requires_grad());
  frozen->forward(view_of(2)).sum().backward();
  for (const auto& item : state.parameters) CHECK(item.tensor.grad().abs().sum().item<float>() > 0);
}

TEST_CASE("norm = frozen refuses weights that start at 0 and would stay there") {
  try {
    make("resnet18", with("frozen", {{"zero_init_residual", true}}));
    FAIL("no error");
  } catch (const tandem::Error& error) {
    CHECK(error.kind() == tandem::ErrorKind::config);
    CHECK(std::string(error.what()).find("zero_init_residual = false") != std::string::npos);
  }
  CHECK_NOTHROW(make("resnet18", with("group", {{"zero_init_residual", true}})));
}

TEST_CASE("a frozen network is described as a graph; groups are refused by name") {
  const auto view = view_of(2);
  const auto describe = [&](tandem::Backbone& net) {
    const torch::NoGradGuard no_grad;
    tandem::checkpoint::OnnxGraph graph(view, tandem::state_of(net));
    return graph.result(dynamic_cast<tandem::Exportable&>(net).describe(graph, graph.picture()));
  };
  const auto frozen = make("resnet18", with("frozen"));
  disturb(*frozen);
  CHECK(torch::allclose(describe(*frozen), frozen->forward(view), 1e-5, 1e-5));
  try {
    describe(*make("resnet18", with("group")));
    FAIL("no error");
  } catch (const tandem::Error& error) {
    CHECK(error.kind() == tandem::ErrorKind::usage);
    CHECK(std::string(error.what()).find("norm = \"group\"") != std::string::npos);
  }
}

TEST_CASE("what is fused and what is tapped between are the same network") {
  // Channels-last float32 in training: fused up to layer1, tapped between BatchNorm and ReLU.
  const at::Tensor view = view_of(6);
  const auto at = [&](const std::string& tap) {
    torch::manual_seed(47);
    return make("resnet18", with("batch"), tap)->forward(view);
  };
  CHECK(at("relu").grad_fn()->name().find("NormRelu") != std::string::npos);
  CHECK(torch::allclose(at("bn1").relu(), at("relu"), 1e-5, 1e-5));
  CHECK(torch::allclose(at("layer1.0.bn1").relu(), at("layer1.0.relu"), 1e-5, 1e-5));
  CHECK(torch::allclose(at("layer1.0.add").relu(), at("layer1.0.relu_1"), 1e-5, 1e-5));
  CHECK(torch::allclose(at("layer2.0.add").relu(), at("layer2.0"), 1e-5, 1e-5));
}

TEST_CASE(
    "fused layers leave the network's gradients as near to float64 as plain ones, or nearer") {
  struct Trial {
    double output, gradient;
  };
  const auto net = make("resnet18", with("batch"));
  disturb(*net);
  const auto outcome = [&](at::ScalarType type) {
    const auto copied = make("resnet18", with("batch"));
    copy(*copied, *net);
    copied->to(at::kCPU, type);
    const at::Tensor latents = copied->forward(view_of(32, type)).flatten(1);
    (latents * torch::linspace(-1, 1, latents.numel()).view_as(latents)).sum().backward();
    std::vector<at::Tensor> all;
    for (const auto& item : tandem::state_of(*copied).parameters)
      all.push_back(item.tensor.grad().to(at::kDouble).flatten() /
                    item.tensor.grad().norm().to(at::kDouble));
    return std::pair(latents.detach().to(at::kDouble), torch::cat(all));
  };
  const auto fused = outcome(at::kFloat);
  const tandem::PlainBatchNorm scope;
  const auto exact = outcome(at::kDouble), plain = outcome(at::kFloat);
  const auto distance = [](const auto& a, const auto& b) {
    return Trial{(a.first - b.first).norm().template item<double>(),
                 (a.second - b.second).norm().template item<double>()};
  };
  const Trial of_fused = distance(fused, exact), of_plain = distance(plain, exact);
  INFO("latents " << of_fused.output << ", plain " << of_plain.output << "; gradients "
                  << of_fused.gradient << ", plain " << of_plain.gradient);
  CHECK(of_fused.output > 0);
  CHECK(of_fused.output <= 1.5 * of_plain.output);
  CHECK(of_fused.gradient <= 1.5 * of_plain.gradient);
}
