#include "catch.hpp"
#include "checkpoint/tensor_types.hpp"
#include "formats/safetensors.hpp"
#include "launch.hpp"
#include "python.hpp"
#include "temporary_folder.hpp"

#include <torch/types.h>

#include <algorithm>
#include <map>

using namespace tandem;

namespace {

using Tensors = std::map<std::string, at::Tensor>;

struct Trial {
  std::string method = "barlow_twins", form = "-", backbone = "resnet10", type = "float64";
  int steps = 20;
};

const std::pair<std::string, std::string> methods[] = {{"barlow_twins", "gram"},
                                                       {"barlow_twins", "correlation"},
                                                       {"simsiam", "-"},
                                                       {"byol", "-"},
                                                       {"simclr", "-"}};

Tensors read(const std::filesystem::path& path) {
  const auto file = formats::SafetensorsFile::open(path);
  Tensors tensors;
  for (const auto& info : file.tensors()) {
    at::Tensor tensor = torch::empty(info.shape, checkpoint::scalar_type(info.type));
    file.read(info, tensor.data_ptr());
    tensors.emplace(info.name, tensor);
  }
  return tensors;
}

/// What each rank of a world kept.
std::vector<Tensors> train(const Trial& trial, int ranks) {
  const TemporaryFolder folder;
  const auto ended =
      ranks::launch({.ranks = ranks,
                     .words = {TANDEM_RANK_WORKER, folder.path().string(), trial.method, trial.form,
                               trial.backbone, trial.type, std::to_string(trial.steps)}});
  std::vector<Tensors> kept;
  for (std::size_t rank = 0; rank < ended.size(); ++rank) {
    INFO("rank " << rank << " of " << ranks << ": " << ended[rank].text);
    REQUIRE(ended[rank].code == 0);
    kept.push_back(read(folder / (std::to_string(rank) + ".safetensors")));
  }
  return kept;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).norm().item<double>();
}
double length(const at::Tensor& a) {
  return a.to(at::kDouble).norm().item<double>();
}

bool is_seen(const std::string& name) {
  return name.starts_with("samples/") || name.starts_with("view");
}

/// The slices of all ranks, one after the other, are the batch of one rank, to the byte.
void check_seen(const std::vector<Tensors>& of_ranks, const Tensors& alone) {
  int compared = 0;
  for (const auto& [name, whole] : alone) {
    if (!is_seen(name)) continue;
    std::vector<at::Tensor> slices;
    for (const auto& tensors : of_ranks) slices.push_back(tensors.at(name));
    INFO(name);
    REQUIRE(torch::equal(torch::cat(slices), whole));
    ++compared;
  }
  CHECK(compared > 0);
}

/// The largest relative distance of a loss, a gradient or a tensor of the state. A tensor that is
/// nothing but rounding (the gradient of a bias in front of BatchNorm) counts by the length of the
/// longest.
double worst(const Tensors& found, const Tensors& expected, const std::string& prefix) {
  double longest = 0, worst = 0;
  for (const auto& [name, tensor] : expected)
    if (name.starts_with(prefix)) longest = std::max(longest, length(tensor));
  REQUIRE(longest > 0);
  for (const auto& [name, tensor] : expected) {
    if (!name.starts_with(prefix)) continue;
    const double scale = length(tensor) < 1e-12 * longest ? longest : length(tensor);
    worst = std::max(worst, distance(found.at(name), tensor) / scale);
  }
  return worst;
}

void check_worlds(const Trial& trial) {
  const Tensors alone = train(trial, 1).front();
  for (const int ranks : {2, 4}) {
    INFO(trial.method << ' ' << trial.form << " on " << trial.backbone << ", " << ranks
                      << " ranks");
    const auto together = train(trial, ranks);
    check_seen(together, alone);
    for (const auto& tensors : together) {
      CHECK(worst(tensors, alone, "losses") <= 1e-10);
      CHECK(worst(tensors, alone, "gradient/") <= 1e-10);
      CHECK(worst(tensors, alone, "state/") <= 1e-10);
      for (const auto& [name, tensor] : tensors)  // and all ranks are one model, to the bit
        if (name.starts_with("state/")) REQUIRE(torch::equal(tensor, together.front().at(name)));
    }
  }
}

}  // namespace

TEST_CASE("N ranks are one rank with BatchNorm: samples, losses, gradients, weights (float64)") {
  for (const auto& [method, form] : methods) check_worlds({.method = method, .form = form});
}

TEST_CASE("N ranks are one rank with a scripted backbone, BatchNorm and all (float64)") {
  const TemporaryFolder folder;
  const auto said = python("'" TANDEM_TEST_DIR "/plugins/torchscript/models.py' '" +
                           folder.path().string() + "' resnet");
  INFO(said.text);
  REQUIRE(said.code == 0);
  for (const auto& [method, form] : methods) {
    const Trial trial{.method = method, .form = form, .backbone = folder / "resnet.pt", .steps = 5};
    check_worlds(trial);
  }
}

// Of a method whose heads' last ReLU has no input near zero here: one that rounding alone puts on
// the other side moves the gradients of a network as small as this by a hundredth.
TEST_CASE("float32: two ranks' first gradient is as close as float32's rounding lets it") {
  // A rank more moves sums as another order of rows does; float64 tells how far rounding goes.
  const Trial narrow{.method = "barlow_twins", .form = "gram", .type = "float32", .steps = 1};
  Trial wide = narrow;
  wide.type = "float64";
  const Tensors exact = train(wide, 1).front();
  const double alone = worst(train(narrow, 1).front(), exact, "gradient/");
  const double together = worst(train(narrow, 2).front(), exact, "gradient/");
  INFO(together << " beside " << alone);
  CHECK(together <= 3 * alone);
}
