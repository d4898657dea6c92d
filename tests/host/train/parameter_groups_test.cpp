#include "train/parameter_groups.hpp"
#include "catch.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/testing.hpp"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include <string>
#include <vector>

using namespace tandem;
using namespace tandem::train;

namespace {

/// Heads as SimSiam's: a projector, a predictor with a constant rate, a target that nobody trains.
class Heads final : public ModuleObjective {
 public:
  Heads(const ObjectiveContext& context, std::vector<ParameterHint> hints)
      : ModuleObjective(context), hints_(std::move(hints)) {
    add("projector", torch::nn::Linear(5, 4));
    add("norm", torch::nn::BatchNorm1d(4));
    predictor = add("predictor", torch::nn::Linear(4, 4));
    add_target("target", torch::nn::Linear(5, 4));
  }
  Embedding embed(const Latents&, const ViewContext&) override { return {}; }
  Loss loss(std::span<const Embedding>, const StepContext&) override { return {}; }
  std::vector<ParameterHint> parameter_hints() const override { return hints_; }

  /// The predictor once more, under another name.
  void tie() { add("tied", predictor); }

  torch::nn::Linear predictor{nullptr};

 private:
  std::vector<ParameterHint> hints_;
};

struct Setting {
  std::shared_ptr<Encoder> encoder = testing::toy_encoder(6, 5);
  std::unique_ptr<Heads> heads;
  explicit Setting(std::vector<ParameterHint> hints)
      : heads(std::make_unique<Heads>(testing::toy_context(encoder, 8), std::move(hints))) {}
  std::vector<TrainedParameter> parameters() { return trained_parameters(*encoder, *heads); }
};

const TrainedParameter& find(const std::vector<TrainedParameter>& list, const std::string& name) {
  for (const auto& parameter : list) {
    if (parameter.name == name) return parameter;
  }
  FAIL("no parameter '" + name + "'");
  return list.front();
}

std::string message_of(Setting& setting) {
  try {
    setting.parameters();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::plugin);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("parameters carry what an optimizer must know", "[groups]") {
  Setting setting({{"predictor.", true}});
  const auto list = setting.parameters();
  const auto backbone = state_of(*setting.encoder).parameters;
  REQUIRE(list.size() == backbone.size() + 6);
  CHECK(list.front().name == "backbone." + backbone.front().name);
  CHECK(list.front().tensor.is_same(backbone.front().tensor));
  CHECK(!find(list, "objective.projector.weight").is_bias_or_norm);
  CHECK(find(list, "objective.projector.bias").is_bias_or_norm);
  CHECK(find(list, "objective.norm.weight").is_bias_or_norm);
  CHECK(!find(list, "objective.projector.weight").constant_lr);
  CHECK(find(list, "objective.predictor.weight").constant_lr);
  CHECK(find(list, "objective.predictor.bias").constant_lr);
}

TEST_CASE("a hint that asks for nothing changes nothing", "[groups]") {
  Setting setting({{"predictor.", false}});
  CHECK(!find(setting.parameters(), "objective.predictor.weight").constant_lr);
}

TEST_CASE("a hint that fits nothing is an error that names it", "[groups]") {
  Setting setting({{"predictor.", true}, {"prediktor", true}});
  const auto message = message_of(setting);
  CHECK(message.find("'prediktor'") != std::string::npos);
  CHECK(message.find("predictor.weight") != std::string::npos);
}

TEST_CASE("frozen parameters are not trained", "[groups]") {
  Setting setting({});
  const auto before = setting.parameters().size();
  setting.heads->predictor->bias.requires_grad_(false);
  CHECK(setting.parameters().size() == before - 1);
}

TEST_CASE("tied weights are trained once", "[groups]") {
  Setting setting({});
  const auto before = setting.parameters().size();
  setting.heads->tie();
  CHECK(setting.parameters().size() == before);
}
