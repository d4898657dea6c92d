#include "roles/pooling.hpp"

#include "catch.hpp"
#include "tandem/base/error.hpp"

#include <torch/types.h>

using tandem::roles::Pooling;

namespace {

/// What is said of a word, or of a word and a shape.
std::string refusal(const std::string& word, const at::Tensor& output = {}) {
  try {
    const Pooling pooling(word);
    if (output.defined()) pooling(output);
  } catch (const tandem::Error& error) {
    CHECK(error.kind() == tandem::ErrorKind::config);
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

at::Tensor counted(at::IntArrayRef shape) {
  return torch::arange(c10::multiply_integers(shape), torch::kFloat64).view(shape);
}

}  // namespace

TEST_CASE("pooling a map") {
  const auto map = counted({2, 3, 4, 4});
  CHECK(torch::allclose(Pooling("auto")(map), map.sum({2, 3}) / 16));
  CHECK(torch::equal(Pooling("avg")(map), Pooling("auto")(map)));
  CHECK(torch::equal(Pooling("flatten")(map), map.reshape({2, 48})));
  const auto grid = Pooling("grid:2")(map);
  REQUIRE(grid.sizes() == at::IntArrayRef({2, 12}));
  // The upper left cell of sample 0, channel 0 holds 0, 1, 4, 5.
  CHECK(std::abs(grid[0][0].item<double>() - 2.5) < 1e-12);
}

TEST_CASE("pooling a signal's map") {
  const auto map = counted({2, 3, 1, 5});
  // Channel 1 of sample 0 holds 5 … 9.
  CHECK(Pooling("auto")(map)[0][1].item<double>() == 7);
  CHECK(Pooling("auto")(map).sizes() == at::IntArrayRef({2, 3}));
}

TEST_CASE("pooling tokens") {
  const auto tokens = counted({2, 3, 4});
  // Sample 1 holds the tokens 12 … 15, 16 … 19, 20 … 23.
  const auto row = [&](const std::string& word) { return Pooling(word)(tokens)[1]; };
  CHECK(torch::equal(row("cls"), torch::tensor({12., 13., 14., 15.}, torch::kFloat64)));
  for (const std::string word : {"auto", "avg", "mean_tokens"})
    CHECK(torch::equal(row(word), torch::tensor({16., 17., 18., 19.}, torch::kFloat64)));
  CHECK(torch::equal(row("flatten"), torch::arange(12, 24, torch::kFloat64)));
}

TEST_CASE("pooling a series") {
  // Channel 1 of sample 0 holds 4 … 7.
  const auto latent = Pooling("mean_length")(counted({2, 3, 4}));
  CHECK(latent.sizes() == at::IntArrayRef({2, 3}));
  CHECK(latent[0][1].item<double>() == 5.5);
}

TEST_CASE("pooling rows leaves them") {
  const auto rows = counted({2, 6});
  for (const std::string word : {"auto", "avg", "flatten", "grid:3"})
    CHECK(torch::equal(Pooling(word)(rows), rows));
}

TEST_CASE("a word that is none, or does not suit the shape, is refused with the remedy") {
  const auto map = counted({2, 3, 4, 4}), tokens = counted({2, 3, 4}), rows = counted({2, 6});
  for (const std::string word : {"max", "grid:0", "grid:", "grid:2x", "", "cls_token"})
    CHECK(has(refusal(word), "\"grid:K\" with a whole number K above 0, is \"" + word + "\""));
  CHECK(has(refusal("grid:5", map), "gives 4 × 4; tap an earlier layer"));
  CHECK(
      has(refusal("grid:2", tokens), "\"grid:2\" (backbone.pool in a configuration) cannot pool"));
  CHECK(has(refusal("grid:2", tokens), "use \"flatten\""));
  CHECK(has(refusal("auto", counted({2, 3, 4, 4, 4})), "[2, 3, 4, 4, 4]; use \"flatten\""));
  for (const std::string word : {"cls", "mean_tokens"}) {
    CHECK(has(refusal(word, map), "pool = \"" + word +
                                      "\" (backbone.pool in a configuration) needs "
                                      "tokens (N, T, F)"));
    CHECK(has(refusal(word, map), "gives [2, 3, 4, 4]; use \"avg\""));
    CHECK(has(refusal(word, rows), "needs tokens"));
  }
  CHECK(has(refusal("mean_length", map), "needs a series (N, C, L)"));
  CHECK(has(refusal("flatten", counted({6})), "cannot pool"));
}
