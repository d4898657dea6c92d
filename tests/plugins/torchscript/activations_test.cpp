// What a cut model computes is what Python sees at that layer.
#include "catch.hpp"
#include "scripted.hpp"

#include <algorithm>
#include <set>

using scripted::below;
using scripted::make;
using scripted::seen;
using scripted::Tensors;

namespace {

constexpr double tolerance = 1e-12;
const std::vector<std::string> names = {"resnet", "vit", "transformer", "vgg", "reused"};

double difference(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return (a - b).abs().max().item<double>();
}

std::set<std::string> keys(const Tensors& tensors) {
  std::set<std::string> all;
  for (const auto& [name, tensor] : tensors) all.insert(name);
  return all;
}

at::Tensor run(tandem::Backbone& net, const at::Tensor& view) {
  torch::manual_seed(11);  // dropout draws as in Python
  return net.forward(view);
}

/// The taps that Python saw and the plugin offers, and the whole model.
Tensors taps_of(const std::string& model, const std::string& mode) {
  const auto layers = make(model + ".pt")->layers();
  Tensors taps = below(seen(model), mode + "/output/");
  for (auto it = taps.begin(); it != taps.end();) {
    const bool offered = std::find(layers.begin(), layers.end(), it->first) != layers.end();
    it = offered || it->first.empty() ? std::next(it) : taps.erase(it);
  }
  REQUIRE(taps.size() == layers.size() + 1);
  REQUIRE(taps.size() > 5);
  return taps;
}

}  // namespace

TEST_CASE("outputs equal Python's at every layer, in evaluation and training") {
  for (const auto& model : names) {
    for (const std::string mode : {"eval", "train"}) {
      for (const auto& [tap, expected] : taps_of(model, mode)) {
        INFO(model << " " << mode << " '" << tap << "'");
        const auto net = make(model + ".pt", tap);
        net->train(mode == "train");
        CHECK(difference(run(*net, seen(model).at("input")), expected) < tolerance);
      }
    }
  }
}

TEST_CASE("gradients equal Python's, and what lies behind the cut is neither run nor visited") {
  for (const auto& model : names) {
    for (const auto& [tap, output] : taps_of(model, "train")) {
      INFO(model << " '" << tap << "'");
      const auto net = make(model + ".pt", tap);
      net->train(true);
      (run(*net, seen(model).at("input")) * seen(model).at("cotangent/" + tap)).sum().backward();
      const auto expected = below(seen(model), "gradient/" + tap + "/");
      const auto parameters = scripted::named(tandem::state_of(*net).parameters);
      // Python has run the block's main path before its shortcut.
      if (tap.find("downsample") == std::string::npos) CHECK(keys(parameters) == keys(expected));
      for (const auto& [name, tensor] : parameters)
        CHECK(tensor.grad().defined() == (expected.count(name) == 1));
      for (const auto& [name, gradient] : expected) {
        INFO(name);
        REQUIRE(parameters.count(name) == 1);
        REQUIRE(parameters.at(name).grad().defined());
        CHECK(difference(parameters.at(name).grad(), gradient) < tolerance);
      }
    }
  }
}

TEST_CASE("buffers after a step forward equal Python's") {
  for (const auto& model : names) {
    const auto net = make(model + ".pt");
    net->train(true);
    run(*net, seen(model).at("input"));
    const auto buffers = scripted::named(tandem::state_of(*net).buffers);
    const auto expected = below(seen(model), "state/");
    CHECK(keys(buffers) == keys(expected));
    for (const auto& [name, tensor] : expected) {
      INFO(model << " " << name);
      CHECK(difference(buffers.at(name).to(torch::kFloat64), tensor) < tolerance);
    }
  }
}
