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
  std::string how = "";  ///< "still", "shuffled" or "together": see the worker
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
  std::vector<std::string> words = {
      TANDEM_RANK_WORKER, folder.path().string(),     trial.method, trial.form, trial.backbone,
      trial.type,         std::to_string(trial.steps)};
  if (!trial.how.empty()) words.push_back(trial.how);
  const auto ended = ranks::launch({.ranks = ranks, .words = words});
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
/// nothing but rounding (the gradient of a bias in front of BatchNorm), which is shorter than
/// `least` times the longest, counts by the length of that.
double worst(const Tensors& found, const Tensors& expected, const std::string& prefix,
             double least = 1e-12) {
  double longest = 0, worst = 0;
  for (const auto& [name, tensor] : expected)
    if (name.starts_with(prefix)) longest = std::max(longest, length(tensor));
  REQUIRE(longest > 0);
  for (const auto& [name, tensor] : expected) {
    if (!name.starts_with(prefix)) continue;
    const double scale = length(tensor) < least * longest ? longest : length(tensor);
    worst = std::max(worst, distance(found.at(name), tensor) / scale);
  }
  return worst;
}

/// On one rank the views pass one after another.
void check_worlds(const Trial& trial) {
  Trial one_by_one = trial;
  one_by_one.how = "";
  const Tensors alone = train(one_by_one, 1).front();
  for (const int ranks : {2, 4}) {
    INFO(trial.method << ' ' << trial.form << " on " << trial.backbone << ", " << ranks << " ranks "
                      << trial.how);
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

std::string scripted_resnet(const TemporaryFolder& folder) {
  const auto said = python("'" TANDEM_TEST_DIR "/plugins/torchscript/models.py' '" +
                           folder.path().string() + "' resnet");
  INFO(said.text);
  REQUIRE(said.code == 0);
  return folder / "resnet.pt";
}

/// How far the gradients of a step's batch are apart: the median over the batches. In one or
/// another a ReLU has an input so near zero that rounding alone puts it on the other side, which
/// moves the gradients of a network as small as this by a hundredth.
double usual_distance(const Tensors& found, const Tensors& expected, int steps) {
  std::vector<double> all;
  for (int step = 0; step < steps; ++step)
    all.push_back(worst(found, expected, "gradient/" + std::to_string(step) + "/", 1e-5));
  std::nth_element(all.begin(), all.begin() + steps / 2, all.end());
  return all[static_cast<std::size_t>(steps / 2)];
}

/// Ranks add up in another order, as one rank does where the rows of its batch are shuffled: that
/// is how far rounding alone carries.
void check_rounding(Trial trial) {
  trial.steps = 11;
  trial.how = "shuffled";
  const Tensors shuffled = train(trial, 1).front();
  trial.how = "still";
  const Tensors alone = train(trial, 1).front();
  const double rounding = usual_distance(shuffled, alone, trial.steps);
  CHECK(rounding < 1e-4);
  for (const int ranks : {2, 4}) {
    const double apart = usual_distance(train(trial, ranks).front(), alone, trial.steps);
    INFO(trial.method << ' ' << trial.form << " on " << trial.backbone << ", " << ranks
                      << " ranks: " << apart << " beside " << rounding);
    CHECK(apart <= 3 * rounding);
  }
}

}  // namespace

TEST_CASE("N ranks are one rank with BatchNorm: samples, losses, gradients, weights (float64)") {
  for (const auto& [method, form] : methods) check_worlds({.method = method, .form = form});
}

TEST_CASE("N ranks whose views pass together are one rank whose views do not (float64)") {
  for (const auto& [method, form] : methods)
    check_worlds({.method = method, .form = form, .steps = 5, .how = "together"});
}

TEST_CASE("N ranks are one rank with a scripted backbone, BatchNorm and all (float64)") {
  const TemporaryFolder folder;
  const std::string backbone = scripted_resnet(folder);
  for (const auto& [method, form] : methods)
    check_worlds({.method = method, .form = form, .backbone = backbone, .steps = 5});
}

TEST_CASE("float32: N ranks' first gradient is as close as another order of the rows is") {
  const TemporaryFolder folder;
  for (const std::string& backbone : {std::string("resnet10"), scripted_resnet(folder)})
    for (const auto& [method, form] : methods)
      check_rounding({.method = method, .form = form, .backbone = backbone, .type = "float32"});
}
