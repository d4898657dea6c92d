#include "catch.hpp"
#include "tandem/sdk/fused_norm.hpp"

#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

using tandem::batch_norm_relu;
using tandem::batch_norm_relu_then;
using tandem::BatchNormState;
using tandem::PlainBatchNorm;

namespace {

constexpr std::int64_t channels = 5;

/// A layer and the convolution behind it.
struct Layer {
  at::Tensor x, filter;
  BatchNormState norm;

  Layer() {
    torch::manual_seed(37);
    x = torch::randn({4, channels, 6, 7}).contiguous(at::MemoryFormat::ChannelsLast);
    x.requires_grad_();
    filter = torch::randn({3, channels, 3, 3}).requires_grad_();
    norm = {torch::rand({channels}).requires_grad_(), torch::randn({channels}).requires_grad_(),
            torch::zeros({channels}), torch::ones({channels})};
  }
  at::Tensor convolve(const at::Tensor& maps) const {
    return at::conv2d(maps, filter, {}, 1, 1).square();
  }
  std::vector<at::Tensor> gradients() const {
    return {x.grad(), filter.grad(), norm.weight.grad(), norm.bias.grad()};
  }
};

/// The maps' memory, looked at from outside.
bool is_there(const at::Storage& maps) {
  try {
    return maps.data() != nullptr;
  } catch (const c10::Error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("maps that are found again give the same bits, and take no memory in between") {
  const Layer kept, found;
  const at::Tensor expected = kept.convolve(batch_norm_relu(kept.x, kept.norm));
  expected.sum().backward();
  at::Storage maps;
  const at::Tensor result = batch_norm_relu_then(found.x, found.norm, [&](const at::Tensor& y) {
    maps = y.storage();
    return found.convolve(y);
  });
  CHECK_FALSE(is_there(maps));
  CHECK(torch::equal(result, expected));
  result.sum().backward();
  CHECK(is_there(maps));
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(torch::equal(found.gradients()[i], kept.gradients()[i]));
  CHECK(torch::equal(found.norm.running_mean, kept.norm.running_mean));
  CHECK(torch::equal(found.norm.running_var, kept.norm.running_var));
}

TEST_CASE("a graph that is kept goes backward twice") {
  const Layer layer;
  const at::Tensor loss = batch_norm_relu_then(layer.x, layer.norm, [&](const at::Tensor& y) {
                            return layer.convolve(y);
                          }).sum();
  loss.backward({}, /*retain_graph=*/true);
  const at::Tensor once = layer.filter.grad().clone();
  loss.backward();
  CHECK(torch::equal(layer.filter.grad(), once * 2));
}

TEST_CASE("maps stay where no gradient brings them back, or the result is made of them") {
  const Layer layer;
  at::Storage maps;
  const auto look = [&](const at::Tensor& y) {
    maps = y.storage();
    return layer.convolve(y);
  };
  SECTION("no graph") {
    const torch::NoGradGuard none;
    batch_norm_relu_then(layer.x, layer.norm, look);
    CHECK(is_there(maps));
  }
  SECTION("LibTorch's own operations") {
    const PlainBatchNorm scope;
    batch_norm_relu_then(layer.x, layer.norm, look);
    CHECK(is_there(maps));
  }
  SECTION("a view of them") {
    const at::Tensor view =
        batch_norm_relu_then(layer.x, layer.norm, [](const at::Tensor& y) { return y.flatten(2); });
    CHECK(torch::equal(view, batch_norm_relu(layer.x, layer.norm).flatten(2)));
  }
  SECTION("a result without a gradient") {
    batch_norm_relu_then(layer.x, layer.norm, [&](const at::Tensor& y) {
      maps = y.storage();
      return layer.convolve(y).detach();
    });
    CHECK(is_there(maps));
  }
}

TEST_CASE("a result that is a view, and is changed in place later, keeps its maps") {
  const Layer layer;
  const auto flat = [&](const at::Tensor& y) { return layer.convolve(y).flatten(1); };
  at::Tensor result = batch_norm_relu_then(layer.x, layer.norm, flat);
  result.relu_();
  result.sum().backward();
  const at::Tensor found = layer.filter.grad().clone();
  layer.filter.mutable_grad().reset();
  flat(batch_norm_relu(layer.x, layer.norm)).relu_().sum().backward();
  CHECK(torch::equal(found, layer.filter.grad()));
}

TEST_CASE("maps that are gone are told, not read") {
  const Layer layer;
  SECTION("one inside another's maps") {
    const BatchNormState inner{torch::ones({channels}), torch::zeros({channels}), {}, {}};
    const at::Tensor result = batch_norm_relu_then(layer.x, layer.norm, [&](const at::Tensor& y) {
      return batch_norm_relu_then(y, inner,
                                  [&](const at::Tensor& maps) { return layer.convolve(maps); });
    });
    CHECK_THROWS_WITH(result.sum().backward(), Catch::Contains("another of the same maps"));
  }
  SECTION("kept by what uses them") {
    at::Tensor maps;
    batch_norm_relu_then(layer.x, layer.norm, [&](const at::Tensor& y) {
      maps = y;
      return layer.convolve(y);
    });
    CHECK_THROWS_WITH(maps.sum(), Catch::Contains("`use` keeps them"));
  }
  SECTION("x is another by then") {
    at::Tensor x = layer.x.detach().clone(at::MemoryFormat::Preserve);
    const BatchNormState fixed{torch::ones({channels}), torch::zeros({channels}), {}, {}};
    const at::Tensor result =
        batch_norm_relu_then(x, fixed, [&](const at::Tensor& y) { return layer.convolve(y); });
    x.add_(1);
    CHECK_THROWS_WITH(result.sum().backward(), Catch::Contains("x was changed in place"));
  }
}
