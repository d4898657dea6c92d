#include "bench/kernels.hpp"

#include "catch.hpp"

#include <ATen/Functions.h>

#include <vector>

using tandem::bench::flop_of;
using tandem::bench::Kernel;
using tandem::bench::kernels_of;

TEST_CASE("a convolution is noted once, as a scripted model asks for it and as a traced one does") {
  const auto pictures = at::ones({2, 3, 8, 8}), weights = at::ones({4, 3, 3, 3});
  const std::vector<std::int64_t> one = {1, 1}, none = {0, 0};
  const auto scripted =
      kernels_of([&] { at::convolution(pictures, weights, {}, one, one, one, false, none, 1); });
  const auto traced = kernels_of([&] {
    at::_convolution(pictures, weights, {}, one, one, one, false, none, 1, /*benchmark=*/false,
                     /*deterministic=*/false, /*cudnn_enabled=*/false, /*allow_tf32=*/false);
  });
  REQUIRE(scripted.size() == 1);
  CHECK(scripted.begin()->second == 1);
  CHECK(scripted.begin()->first.name() == "conv 3x3 3-4 of 8x8 forward");
  // Of 2 pictures with 8 x 8 places a multiplication and an addition for 3 channels to 4, 3 x 3.
  CHECK(flop_of(scripted) == 2.0 * 2 * 8 * 8 * 3 * 4 * 3 * 3);
  CHECK((traced == scripted));
}

TEST_CASE("a kernel's name tells a type that is not float32") {
  Kernel kernel;
  kernel.input = {2, 3};
  kernel.weight = {3, 4};
  CHECK(kernel.name() == "product 2x3 3x4");
  kernel.type = at::kDouble;
  CHECK(kernel.name() == "product 2x3 3x4, float64");
  kernel.type = at::kBFloat16;
  CHECK(kernel.name() == "product 2x3 3x4, bfloat16");
}
