// What a network says that it computes, run operation by operation, beside what it computes.
#include "catch.hpp"
#include "checkpoint/onnx_graph.hpp"
#include "network.hpp"
#include "tandem/sdk/exportable.hpp"

using network::make;

namespace {

void compare(const std::string& id, const network::Settings& settings, const std::string& tap) {
  INFO(id << " " << tap);
  const auto net = make(id, settings, tap);
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : network::by_name(*net))
    if (tensor.dim() == 1) tensor.uniform_(0.5, 1.5);
  net->train(false);
  const auto view = torch::randn({2, 3, 32, 32});
  tandem::checkpoint::OnnxGraph graph(view, tandem::state_of(*net));
  auto* describes = dynamic_cast<tandem::Exportable*>(net.get());
  REQUIRE(describes != nullptr);
  const auto described = graph.result(describes->describe(graph, graph.picture()));
  const auto computed = net->forward(view);
  REQUIRE(described.sizes() == computed.sizes());
  CHECK(torch::allclose(described, computed, 1e-5, 1e-5));
}

}  // namespace

TEST_CASE("a network describes what it computes, at every tap") {
  const network::Settings narrow = {{"width", std::int64_t{4}}};
  for (const std::string id : {"resnet18", "resnet50"})
    for (const std::string& tap : make(id, narrow)->layers()) compare(id, narrow, tap);
  for (const std::string stem : {"cifar", "cifar_pad2", "small"})
    compare("resnet10", {{"width", std::int64_t{4}}, {"stem", stem}}, "");
}
