// Without the host. The plugin is one file, and the test takes it in to reach its class.
#include "my_backbone.cpp"

#include <tandem/base/error.hpp>
#include <tandem/sdk/testing.hpp>

#include <torch/types.h>

#include <cstdio>

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

MyBackbone make(const std::string& tap) {
  MyBackbone::Params params;
  params.width = 4;
  tandem::BackboneContext context;
  context.tap = tap;
  return MyBackbone(params, context);
}

void test_taps() {
  const at::Tensor view = at::zeros({2, 3, 32, 32});
  expect(make("block1").forward(view).sizes() == at::IntArrayRef({2, 4, 16, 16}), "block1");
  expect(make("").forward(view).sizes() == at::IntArrayRef({2, 16, 4, 4}),
         "the last block by default");
  auto cut = make("block2");
  for (const auto& item : tandem::state_of(cut).parameters)
    expect(item.name.rfind("block3", 0) != 0, "nothing is built behind the tap");
  try {
    make("blok2");
    expect(false, "an unknown tap is refused");
  } catch (const tandem::Error& error) {
    expect(std::string(error.what()).find("'block2'") != std::string::npos,
           "with the nearest name");
  }
}

void test_gradient() {
  auto net = make("block2");
  net.to(at::kCPU, at::kDouble);
  net.train(false);
  const auto sum = [&](const std::vector<at::Tensor>& x) {
    return net.forward(x[0]).square().sum();
  };
  const at::Tensor view = at::sin(at::arange(1, 193, at::kDouble)).reshape({1, 3, 8, 8});
  expect(tandem::testing::gradient_error(sum, {view}) < 1e-6, "the gradient of the input");
}

}  // namespace

int main() {
  torch::manual_seed(1);
  test_taps();
  test_gradient();
  return failures;
}
