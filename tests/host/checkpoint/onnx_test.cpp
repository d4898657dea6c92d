// Every operation of a graph, run by onnxruntime; LibTorch's own result beside it.
#include "checkpoint/onnx.hpp"
#include "catch.hpp"
#include "checkpoint/onnx_graph.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/module.hpp"
#include "temporary_folder.hpp"

#include <torch/nn/modules/conv.h>
#include <torch/types.h>

using namespace tandem;
using checkpoint::OnnxGraph;

namespace {

void write_tensor(const std::filesystem::path& path, const at::Tensor& tensor) {
  const auto packed = tensor.contiguous();
  write_file(path, {static_cast<const char*>(packed.const_data_ptr()), packed.nbytes()});
}

/// What onnxruntime makes of the sample lies within 1e-5 of the graph's result.
void require_same(const OnnxGraph& graph, const at::Tensor& sample, GraphValue features) {
  const TemporaryFolder folder;
  write_file(folder / "model.onnx", graph.model(features, {{"mean", "0.5"}}));
  write_tensor(folder / "pictures", sample);
  write_tensor(folder / "features", graph.result(features));
  const std::string command = TANDEM_READERS " '" TANDEM_TEST_DIR
                                             "/host/checkpoint/run_onnx.py' '" +
                              folder.path().string() + "'";
  CHECK(std::system(command.c_str()) == 0);
}

GraphValue shrink(OnnxGraph& graph, Extent size) {
  return graph.flatten(graph.adaptive_average_pool(graph.picture(), size));
}

/// A convolution that does not say what it is.
class Silent : public ModuleBackbone {
 public:
  Silent() : conv_(add("conv", torch::nn::Conv2d(3, 4, 3))) { train(false); }
  at::Tensor forward(const at::Tensor& view) override { return conv_->forward(view); }
  std::vector<std::string> layers() const override { return {"conv"}; }

 protected:
  torch::nn::Conv2d conv_;
};

/// One that says that it is another.
class Liar final : public Silent, public Exportable {
 public:
  GraphValue describe(GraphBuilder& graph, GraphValue picture) override {
    return graph.convolution(picture, {conv_->weight, conv_->bias * 2});
  }
};

/// Why a backbone cannot be saved; nothing is written.
std::string refusal(Backbone& backbone) {
  const TemporaryFolder folder;
  const roles::Pooling pooling("auto");
  try {
    checkpoint::save_onnx(folder / "out", {"mine", backbone, pooling, 3, 8, 8}, {});
    return "";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::plugin);
    CHECK_FALSE(std::filesystem::exists(folder / "out"));
    return error.what();
  }
}

}  // namespace

TEST_CASE("every operation means in ONNX what it means in LibTorch") {
  torch::manual_seed(3);
  const torch::NoGradGuard no_grad;
  const auto sample = torch::randn({3, 4, 11, 9});
  OnnxGraph graph(sample, {});
  auto x = graph.convolution(
      graph.picture(), {torch::randn({6, 2, 3, 2}), torch::randn({6}), {2, 1}, {1, 2}, {1, 2}, 2});
  x = graph.batch_norm(
      x, {torch::rand({6}), torch::randn({6}), torch::randn({6}), torch::rand({6}) + 0.5, 1e-3});
  const auto y = graph.relu(x);
  x = graph.add(graph.max_pool(y, {{3, 3}, {1, 1}, {1, 1}}),
                graph.average_pool(y, {{3, 3}, {1, 1}, {1, 1}}));
  x = graph.average_pool(x, {{2, 2}, {2, 1}, {0, 0}});
  x = graph.flatten(graph.adaptive_average_pool(x, {1, 1}));
  x = graph.linear(graph.linear(x, torch::randn({5, 6}), torch::randn({5})), torch::randn({2, 5}),
                   {});
  CHECK(graph.sizes(x) == std::vector<std::int64_t>{3, 2});
  require_same(graph, sample, x);
}

TEST_CASE("adaptive pools of every remainder") {
  const auto sample = torch::randn({2, 3, 7, 10});
  for (const Extent size : {Extent{4, 4}, Extent{7, 5}, Extent{3, 10}, Extent{2, 1}}) {
    OnnxGraph graph(sample, {});
    require_same(graph, sample, shrink(graph, size));
  }
}

TEST_CASE("a description is compared with the network before anything is written") {
  Silent silent;
  CHECK(refusal(silent).find("'mine' does not say what it computes") != std::string::npos);
  Liar liar;
  CHECK(refusal(liar).find("'mine' describes another network than it runs") != std::string::npos);
  OnnxGraph graph(torch::zeros({1, 1, 2, 2}), {});
  CHECK_THROWS_AS(graph.relu({7}), Error);
}
