// A run's backbone in a program without the trainer, beside the same weights in PyTorch.
#include "tandem/host/backbone.hpp"
#include "catch.hpp"
#include "models.hpp"
#include "python.hpp"
#include "temporary_folder.hpp"

#include <cstdlib>

using namespace tandem;
using namespace tandem::test;

namespace {

void tandem_program(const std::string& words) {
  const std::string command = TANDEM_PROGRAM " " + words + " >/dev/null 2>&1";
  REQUIRE(std::system(command.c_str()) == 0);
}

/// Some fifteen steps: as long as it takes BatchNorm's statistics to become those of the network.
void train(const std::filesystem::path& run, const std::string& more) {
  tandem_program("train --out " + run.string() +
                 " --set 'data={source = \"synthetic\", synthetic_count = 48}' --set "
                 "'train={epochs = 3, batch_size = 8}' --set run.threads=1 --set "
                 "'eval.knn_every=\"never\"' --set 'objective={use = \"barlow_twins\", projector = "
                 "[16, 16]}' " +
                 more);
}

at::Tensor floats(const std::filesystem::path& file, at::IntArrayRef shape) {
  const std::string bytes = read_file(file);
  const auto tensor = torch::empty(shape);
  REQUIRE(bytes.size() == tensor.nbytes());
  std::copy(bytes.begin(), bytes.end(), static_cast<char*>(tensor.data_ptr()));
  return tensor;
}

}  // namespace

TEST_CASE("a trained backbone gives the features that PyTorch gives with its weights") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  train(run, "--backbone resnet18 --set 'backbone.stem=\"imagenet\"'");
  tandem_program("export " + run.string() + " --format torchvision --out " +
                 (folder / "tv").string());
  const auto said = python(TANDEM_TEST_DIR "/host/embed/features.py " + (folder / "tv").string() +
                           " " + folder.path().string());
  CAPTURE(said.text);
  REQUIRE(said.code == 0);
  const auto pictures = floats(folder / "pictures", {6, 3, 32, 32});
  const auto expected = floats(folder / "features", {6, 512});
  const double largest = expected.abs().max().item<double>();

  std::filesystem::rename(run / "backbone.safetensors", folder / "moved");
  std::filesystem::remove_all(run);
  const auto backbone = host::load_backbone(folder / "moved");
  CHECK(backbone.id == "resnet18");
  CHECK((backbone.channels == 3 && backbone.height == 32 && backbone.width == 32));
  CHECK((backbone.mean.size() == 3 && backbone.std.size() == 3));
  CHECK(backbone.encoder->width() == 512);
  const auto features = backbone.features(pictures);
  CHECK_FALSE(features.requires_grad());
  REQUIRE(features.sizes() == expected.sizes());
  CHECK((features - expected).abs().max().item<double>() <= 1e-5 * std::max(1.0, largest));

  const auto grey =
      error_of(ErrorKind::usage, [&] { backbone.features(pictures.narrow(1, 0, 1)); });
  CHECK(contains(grey, "(N, 3, H, W) are expected, not [6, 1, 32, 32]"));
}

TEST_CASE("a backbone that cannot be opened is told") {
  const TemporaryFolder folder;
  const auto refusal = [&](ErrorKind kind, const std::filesystem::path& run) {
    return error_of(kind, [&] { host::load_backbone(run); });
  };
  CHECK(contains(refusal(ErrorKind::checkpoint, folder / "nothing"), "cannot be read"));
  CHECK(contains(refusal(ErrorKind::checkpoint, folder.path()), "backbone.safetensors"));
  host::Learner learner(8, {.objective = "barlow_twins", .parameters = "projector = [8, 8]"});
  learner.save(folder / "heads");
  CHECK(contains(refusal(ErrorKind::checkpoint, folder / "heads"), "has no metadata 'backbone'"));
}
