#include "catch.hpp"
#include "support.hpp"

#include <ATen/Functions.h>

using namespace tandem;
using namespace tandem::test;

namespace {

/// "name: rows×columns" of each tensor.
std::vector<std::string> shapes(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> lines;
  for (const auto& [name, tensor] : tensors) {
    std::string line = name + ":";
    for (const auto size : tensor.sizes()) line += " " + std::to_string(size);
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> parameters(const std::string& id, const Settings& settings) {
  return shapes(state_of(*make(id, settings, toy())).parameters);
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("Barlow Twins' projector: no biases, no BatchNorm at the end") {
  const Lines expected = {"projector.0.weight: 8 5", "projector.1.weight: 8", "projector.1.bias: 8",
                          "projector.3.weight: 7 8", "projector.4.weight: 7", "projector.4.bias: 7",
                          "projector.6.weight: 6 7"};
  CHECK(parameters("barlow_twins", {{"projector", Integers{8, 7, 6}}}) == expected);
  CHECK(parameters("barlow_twins", {{"projection_sizes", Integers{5, 8, 7, 6}}}) == expected);
}

TEST_CASE(
    "SimSiam's heads: a last BatchNorm without weights, a bias at the predictor's end alone") {
  const Lines expected = {
      "projector.0.weight: 8 5", "projector.1.weight: 8",   "projector.1.bias: 8",
      "projector.3.weight: 6 8", "predictor.0.weight: 3 6", "predictor.1.weight: 3",
      "predictor.1.bias: 3",     "predictor.3.weight: 6 3", "predictor.3.bias: 6"};
  const Settings settings = {{"projector", Integers{8, 6}}, {"predictor_hidden", std::int64_t{3}}};
  CHECK(parameters("simsiam", settings) == expected);

  const auto objective = make("simsiam", settings, toy());
  const State state = state_of(*objective);
  bool last_norm = false;
  for (const auto& [name, tensor] : state.buffers) last_norm |= name == "projector.4.running_mean";
  CHECK(last_norm);
}

TEST_CASE(
    "BYOL's heads: a bias before each BatchNorm, none at the end; the target is all buffers") {
  const Lines expected = {"projector.0.weight: 8 5", "projector.0.bias: 8",
                          "projector.1.weight: 8",   "projector.1.bias: 8",
                          "projector.3.weight: 6 8", "predictor.0.weight: 7 6",
                          "predictor.0.bias: 7",     "predictor.1.weight: 7",
                          "predictor.1.bias: 7",     "predictor.3.weight: 6 7"};
  const Settings settings = {{"projector", Integers{8, 6}}, {"predictor_hidden", std::int64_t{7}}};
  CHECK(parameters("byol", settings) == expected);

  const auto objective = make("byol", settings, toy());
  Lines target;
  for (const auto& [name, tensor] : state_of(*objective).buffers) {
    if (name.starts_with("target_") && tensor.is_floating_point()) target.push_back(name);
    CHECK_FALSE(tensor.requires_grad());
  }
  std::sort(target.begin(), target.end());
  CHECK(target == Lines{"target_encoder.bias", "target_encoder.weight", "target_projector.0.bias",
                        "target_projector.0.weight", "target_projector.1.bias",
                        "target_projector.1.running_mean", "target_projector.1.running_var",
                        "target_projector.1.weight", "target_projector.3.weight"});
}

TEST_CASE("heads as solo-learn and lightly have them") {
  const Lines both = {"projector.0.weight: 8 5", "projector.0.bias: 8",     "projector.1.weight: 8",
                      "projector.1.bias: 8",     "projector.3.weight: 6 8", "projector.3.bias: 6"};
  CHECK(parameters("barlow_twins",
                   {{"projector", Integers{8, 6}}, {"hidden_bias", true}, {"last_bias", true}}) ==
        both);
  const Lines affine = {"projector.4.weight: 6", "projector.4.bias: 6"};
  const auto simsiam =
      parameters("simsiam", {{"projector", Integers{8, 6}}, {"last_affine", true}});
  for (const auto& line : affine) CHECK(std::count(simsiam.begin(), simsiam.end(), line) == 1);
  const Lines last = {"projector.0.weight: 8 5", "projector.1.weight: 8", "projector.1.bias: 8",
                      "projector.3.weight: 6 8", "projector.3.bias: 6",   "predictor.0.weight: 7 6",
                      "predictor.1.weight: 7",   "predictor.1.bias: 7",   "predictor.3.weight: 6 7",
                      "predictor.3.bias: 6"};
  CHECK(parameters("byol", {{"projector", Integers{8, 6}},
                            {"predictor_hidden", std::int64_t{7}},
                            {"hidden_bias", false},
                            {"last_bias", true}}) == last);
}

TEST_CASE("SimCLR's projector: no biases, a BatchNorm at the end unless told not to") {
  const Lines expected = {"projector.0.weight: 8 5", "projector.1.weight: 8",
                          "projector.1.bias: 8",     "projector.3.weight: 6 8",
                          "projector.4.weight: 6",   "projector.4.bias: 6"};
  CHECK(parameters("simclr", {{"projector", Integers{8, 6}}}) == expected);
  CHECK(parameters("simclr", {{"projector", Integers{8, 6}}, {"last_norm", false}}) ==
        Lines(expected.begin(), expected.begin() + 4));
}

TEST_CASE("SimSiam asks for a constant predictor rate, unless told not to") {
  const auto hints = make("simsiam", {}, toy())->parameter_hints();
  REQUIRE(hints.size() == 1);
  CHECK(hints[0].prefix == "predictor.");
  CHECK(hints[0].constant_lr);
  CHECK(make("simsiam", {{"constant_predictor_lr", false}}, toy())->parameter_hints().empty());
}

TEST_CASE(
    "SimSiam's target is its projection without a gradient, and absent where none is needed") {
  const auto objective = make("simsiam", {{"projector", Integers{8, 6}}}, toy());
  objective->to(at::kCPU, at::kDouble);
  const at::Tensor latents = at::rand({7, 5}, at::kDouble).requires_grad_();
  const Embedding both = objective->embed({latents, {}}, {0, 2, "", true});
  CHECK(both.online.requires_grad());
  CHECK(both.online.sizes() == at::IntArrayRef({7, 6}));
  CHECK_FALSE(both.target.requires_grad());
  // The last BatchNorm has no weights.
  CHECK(both.target.mean(0).abs().max().item<double>() < 1e-12);
  CHECK(std::abs(both.target.square().mean().item<double>() - 1) < 1e-2);
  CHECK_FALSE(objective->embed({latents, {}}, {1, 2, "local", false}).target.defined());
}

TEST_CASE("an objective moved to float64 keeps BatchNorm's counter of batches an integer") {
  const auto objective = make("byol", {}, toy());
  objective->to(at::kCPU, at::kDouble);
  int counters = 0;
  for (const auto& [name, tensor] : state_of(*objective).buffers) {
    if (!name.ends_with("num_batches_tracked")) continue;
    CHECK(tensor.scalar_type() == at::kLong);
    ++counters;
  }
  CHECK(counters == 3);
}
