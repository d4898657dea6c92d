#include "catch.hpp"
#include "network.hpp"

#include <cmath>
#include <set>

using network::make;
using Shape = std::vector<std::int64_t>;
using Shapes = std::map<std::string, Shape>;

namespace {

/// torchvision's state entries of a classifier, from the structure its documentation and the paper
/// describe.
class Expected {
 public:
  Expected(const std::vector<std::int64_t>& blocks, bool bottleneck) {
    conv("conv1", 3, 64, 7), norm("bn1", 64);
    std::int64_t input = 64;
    for (std::size_t s = 0; s < blocks.size(); ++s)
      for (std::int64_t b = 0; b < blocks[s]; ++b) {
        const std::string name = "layer" + std::to_string(s + 1) + "." + std::to_string(b) + ".";
        input = block(name, input, 64 * (std::int64_t{1} << s), s > 0 && b == 0, bottleneck);
      }
    shapes["fc.weight"] = {1000, input};
    shapes["fc.bias"] = {1000};
  }
  Shapes shapes;

 private:
  std::int64_t block(const std::string& name, std::int64_t in, std::int64_t planes, bool halves,
                     bool bottleneck) {
    const std::int64_t out = bottleneck ? planes * 4 : planes;
    if (bottleneck) {
      conv(name + "conv1", in, planes, 1), norm(name + "bn1", planes);
      conv(name + "conv2", planes, planes, 3), norm(name + "bn2", planes);
      conv(name + "conv3", planes, out, 1), norm(name + "bn3", out);
    } else {
      conv(name + "conv1", in, planes, 3), norm(name + "bn1", planes);
      conv(name + "conv2", planes, planes, 3), norm(name + "bn2", planes);
    }
    if (halves || in != out)
      conv(name + "downsample.0", in, out, 1), norm(name + "downsample.1", out);
    return out;
  }
  void conv(const std::string& name, std::int64_t in, std::int64_t out, std::int64_t kernel) {
    shapes[name + ".weight"] = {out, in, kernel, kernel};
  }
  void norm(const std::string& name, std::int64_t n) {
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
      shapes[name + part] = {n};
    shapes[name + ".num_batches_tracked"] = {};
  }
};

Shapes shapes_of(tandem::Stateful& object) {
  Shapes shapes;
  for (const auto& [name, tensor] : network::by_name(object)) shapes[name] = tensor.sizes().vec();
  return shapes;
}

std::int64_t parameters_of(tandem::Stateful& object) {
  std::int64_t count = 0;
  for (const auto& item : tandem::state_of(object).parameters) count += item.tensor.numel();
  return count;
}

const network::Settings tiny = {
    {"width", std::int64_t{2}}, {"blocks", tandem::Integers{1, 2}}, {"stages", std::int64_t{2}}};

}  // namespace

TEST_CASE("names, shapes and counts are torchvision's") {
  const auto eighteen = make("resnet18", {}, "fc");
  CHECK(shapes_of(*eighteen) == Expected({2, 2, 2, 2}, false).shapes);
  CHECK(shapes_of(*eighteen).size() == 122);
  CHECK(parameters_of(*eighteen) == 11'689'512);

  const auto thirty_four = make("resnet34", {}, "fc");
  CHECK(shapes_of(*thirty_four) == Expected({3, 4, 6, 3}, false).shapes);
  CHECK(parameters_of(*thirty_four) == 21'797'672);

  const auto fifty = make("resnet50", {}, "fc");
  CHECK(shapes_of(*fifty) == Expected({3, 4, 6, 3}, true).shapes);
  CHECK(shapes_of(*fifty).size() == 320);
  CHECK(parameters_of(*fifty) == 25'557'032);

  CHECK(shapes_of(*make("resnet10", {}, "fc")) == Expected({1, 1, 1, 1}, false).shapes);
}

TEST_CASE("the default tap is avgpool, which has no classifier") {
  Shapes expected = Expected({2, 2, 2, 2}, false).shapes;
  expected.erase("fc.weight"), expected.erase("fc.bias");
  CHECK(shapes_of(*make("resnet18")) == expected);
  CHECK(shapes_of(*make("resnet18", {}, "avgpool")) == expected);
  CHECK(shapes_of(*make("resnet18", {}, "avg_pool")) == expected);
}

TEST_CASE("weights start as torchvision's do") {
  torch::manual_seed(1);
  const auto net = make("resnet18", {}, "fc");
  for (const auto& [name, tensor] : network::by_name(*net)) {
    if (tensor.dim() == 4) {
      // Kaiming normal over the fan-out; the largest deviation of a sample deviation is about
      // 4/sqrt(2n).
      const double expected =
          std::sqrt(2.0 / static_cast<double>(tensor.size(0) * tensor.size(2) * tensor.size(3)));
      const double slack = 4 / std::sqrt(2.0 * static_cast<double>(tensor.numel()));
      CHECK(std::abs(tensor.std().item<double>() / expected - 1) < slack);
      CHECK(std::abs(tensor.mean().item<double>()) <
            5 * expected / std::sqrt(static_cast<double>(tensor.numel())));
    } else if (name.rfind("fc.", 0) == 0) {
      // Uniform up to 1/sqrt(fan in).
      CHECK(tensor.abs().max().item<double>() <= 1 / std::sqrt(512.0));
      CHECK(std::abs(tensor.std().item<double>() * std::sqrt(3 * 512.0) - 1) < 0.1);
    } else {
      const bool one = name.find(".weight") != std::string::npos ||
                       name.find("running_var") != std::string::npos;
      CHECK((tensor == (one ? 1 : 0)).all().item<bool>());
    }
  }
}

TEST_CASE("with zero_init_residual every block starts as its shortcut") {
  const auto ten = network::by_name(
      *make("resnet10", {{"zero_init_residual", true}, {"width", std::int64_t{2}}}));
  const auto fifty = network::by_name(
      *make("resnet50", {{"zero_init_residual", true}, {"width", std::int64_t{2}}}));
  for (const std::string layer : {"layer1.0.", "layer4.0."}) {
    CHECK((ten.at(layer + "bn2.weight") == 0).all().item<bool>());
    CHECK((ten.at(layer + "bn1.weight") == 1).all().item<bool>());
    CHECK((fifty.at(layer + "bn3.weight") == 0).all().item<bool>());
    CHECK((fifty.at(layer + "bn2.weight") == 1).all().item<bool>());
    CHECK((fifty.at(layer + "downsample.1.weight") == 1).all().item<bool>());
  }
}

TEST_CASE("a tap builds what it needs, with weights that do not depend on it") {
  for (const std::string id : {"resnet18", "resnet50"}) {
    torch::manual_seed(5);
    const auto whole = make(id, tiny, "fc");
    const auto expected = network::by_name(*whole);
    for (const std::string& tap : whole->layers()) {
      torch::manual_seed(5);
      const auto part = make(id, tiny, tap);
      for (const auto& [name, tensor] : network::by_name(*part)) {
        INFO(id << " " << tap << " " << name);
        REQUIRE(expected.count(name) == 1);
        CHECK(torch::equal(tensor, expected.at(name)));
      }
    }
  }
}

TEST_CASE(
    "every parameter that is built is reached by the gradient, and every tap lists the same "
    "layers") {
  for (const std::string id : {"resnet18", "resnet50"}) {
    const auto layers = make(id, tiny)->layers();
    CHECK(std::set<std::string>(layers.begin(), layers.end()).size() == layers.size());
    for (const std::string& tap : layers) {
      const auto net = make(id, tiny, tap);
      CHECK(net->layers() == layers);
      net->forward(torch::rand({2, 3, 16, 16})).square().sum().backward();
      for (const auto& [name, tensor] : network::by_name(*net, true)) {
        INFO(id << " " << tap << " " << name);
        CHECK(tensor.grad().defined());
      }
    }
  }
}
