// The plugin is one file, and the test takes it in to reach its class.
#include "convnet.cpp"

#include <tandem/base/error.hpp>
#include <tandem/sdk/testing.hpp>

#include <torch/types.h>

#include <cstdio>
#include <set>

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

ConvNet make(const std::string& tap, std::int64_t channels = 3) {
  ConvNet::Params params;
  params.width = 4;
  params.depth = 3;
  tandem::BackboneContext context;
  context.tap = tap;
  context.channels = channels;
  return ConvNet(params, context);
}

void test_shapes() {
  const at::Tensor view = at::zeros({2, 3, 33, 16});  // odd sizes are rounded up
  expect(make("block1").forward(view).sizes() == at::IntArrayRef({2, 4, 17, 8}), "block1");
  expect(make("block2").forward(view).sizes() == at::IntArrayRef({2, 8, 9, 4}), "block2");
  expect(make("").forward(view).sizes() == at::IntArrayRef({2, 16, 5, 2}), "the last by default");
  expect(make("", 1).forward(at::zeros({2, 1, 8, 8})).size(1) == 16, "grey pictures");
}

void test_tap() {
  expect(make("block1").layers().size() == 3, "every layer is listed, whatever the tap");
  auto cut = make("block1");
  for (const auto& item : tandem::state_of(cut).parameters)
    expect(item.name.rfind("block1.", 0) == 0, "nothing is built behind the tap");
  try {
    make("blok2");
    expect(false, "an unknown tap is refused");
  } catch (const tandem::Error& error) {
    expect(std::string(error.what()).find("'block2'") != std::string::npos, "with the nearest");
  }
}

void test_state() {
  auto net = make("");
  net.to(at::kCPU, at::kDouble);
  std::set<std::string> names;
  for (const auto& item : tandem::state_of(net).parameters) names.insert(item.name);
  expect(names.size() == 9 && names.count("block3.0.weight") == 1, "parameters have paths");
  const at::Tensor view = at::rand({4, 3, 16, 16}, at::kDouble);
  net.train(false);
  expect(net.forward(view).narrow(0, 0, 2).allclose(net.forward(view.narrow(0, 0, 2))),
         "in evaluation a picture's latent does not depend on its batch");
}

/// Smooth inputs, so that no ReLU is at its corner.
void test_gradient() {
  auto net = make("block2");
  net.to(at::kCPU, at::kDouble);
  net.train(false);
  const auto sum = [&](const std::vector<at::Tensor>& x) {
    return net.forward(x[0]).square().sum();
  };
  const at::Tensor view = at::sin(at::arange(1, 193, at::kDouble)).reshape({1, 3, 8, 8});
  expect(tandem::testing::gradient_error(sum, {view}) < 1e-7, "the gradient of the input");
}

}  // namespace

int main() {
  torch::manual_seed(1);
  test_shapes();
  test_tap();
  test_state();
  test_gradient();
  return failures;
}
