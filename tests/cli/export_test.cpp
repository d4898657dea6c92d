// tandem export: what other programs read of a run, and what is refused.
#include "catch.hpp"
#include "fashion.hpp"
#include "python.hpp"
#include "workplace.hpp"

#include <random>
#include <set>

namespace {

/// A network that torchvision has, on small pictures: a step takes a fraction of a second.
Words torchvisions(const std::string& network, const std::string& stem, const Words& more = {}) {
  Words words = {"--set", "backbone={use = \"" + network + "\", stem = \"" + stem + "\"}", "--set",
                 "eval.knn_every=\"never\""};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Json exported(const Workplace& here, const std::string& format, const std::string& out,
              const Words& more = {}, const std::string& run = "run") {
  Words words = {"export", run, "--format", format, "--out", out, "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const auto result = here.run(words);
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  return Json::parse(result.out);
}

std::set<std::string> names(Json header) {
  header.erase("__metadata__");
  std::set<std::string> all;
  for (const auto& [name, tensor] : header.items()) all.insert(name);
  return all;
}

std::string quoted(const std::filesystem::path& path) {
  return " '" + path.string() + "'";
}

std::string script() {
  return quoted(std::filesystem::path(TANDEM_TEST_DIR) / "cli/exported.py") + " ";
}

double number_from(const Said& said) {
  CAPTURE(said.text);
  REQUIRE(said.code == 0);
  return std::stod(said.text);
}

/// Points between the kNN of a run and of its export, loaded by PyTorch.
double python_differs_by(const Workplace& here) {
  exported(here, "torchvision", "net");
  const auto own = here.run({"eval", "knn", "run", "--json"});
  REQUIRE(own.code == 0);
  const double theirs = number_from(python(script() + "knn" + quoted(here / "net") +
                                           quoted(here / "train-images-idx3-ubyte") +
                                           quoted(here / "t10k-images-idx3-ubyte")));
  return std::abs(Json::parse(own.out).at("knn_top1").get<double>() - theirs);
}

/// Big-endian, as IDX has it.
std::string word(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
  return bytes;
}

/// Pictures of 12 × 12 pixels: a class is where the bright square stands, under noise.
void write_idx(const std::filesystem::path& images, const std::filesystem::path& labels,
               std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string pixels = std::string("\0\0\x08\x03", 4) + word(count) + word(12) + word(12);
  std::string classes = std::string("\0\0\x08\x01", 4) + word(count);
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned label = random() % 4;
    classes += static_cast<char>(label);
    for (unsigned y = 0; y < 12; ++y)
      for (unsigned x = 0; x < 12; ++x) {
        const bool bright = y / 6 == label / 2 && x / 6 == label % 2;
        pixels += static_cast<char>(random() % 200 + (bright ? 50 : 0));
      }
  }
  write_file(images, pixels);
  write_file(labels, classes);
}

}  // namespace

TEST_CASE("safetensors: the run's own tensors, and with the objective's heads") {
  const Workplace here;
  REQUIRE(here.run(here.tiny()).code == 0);
  const auto run = here / "run/backbone.safetensors";

  const auto alone = exported(here, "safetensors", "backbone.safetensors");
  CHECK(alone.at("sha256") == sha256sum(here / "backbone.safetensors"));
  CHECK(alone.at("bytes") == std::filesystem::file_size(here / "backbone.safetensors"));
  CHECK(read_file(here / "backbone.safetensors") == read_file(run));
  const auto metadata = safetensors_header(run).at("__metadata__");
  CHECK(metadata.at("input") == "3x16x16");
  CHECK(metadata.at("backbone") == "resnet10");
  CHECK(has(metadata.at("parameters"), "stages = 1\n"));
  CHECK(count(metadata.at("mean"), ",") == 2);
  CHECK(count(metadata.at("std"), ",") == 2);
  CHECK(metadata.at("epochs") == "2.0");

  const auto whole = exported(here, "safetensors", "whole", {"--part", "encoder+projector"});
  std::set<std::string> expected = names(safetensors_header(here / "run/objective.safetensors"));
  CHECK(expected.contains("projector.0.weight"));
  for (const auto& name : names(safetensors_header(run))) expected.insert("backbone." + name);
  CHECK(names(safetensors_header(here / "whole")) == expected);
  CHECK(whole.at("tensors") == expected.size());
}

TEST_CASE("torchvision and timm: a strict load finds every key, and only those") {
  const Workplace here;
  // As long as it takes BatchNorm's statistics to become those of the network.
  const Words more = {"--set", "data.synthetic_size=32", "--set", "train.epochs=4"};
  REQUIRE(here.run(here.tiny(torchvisions("resnet18", "imagenet", more))).code == 0);
  for (const std::string format : {"torchvision", "timm"}) {
    const auto told = exported(here, format, format);
    CHECK(told.at("tensors") == 122);
    REQUIRE(told.at("notes").size() == 1);
    CHECK(has(told.at("notes")[0], "fc (1000 classes) is untrained: zeros"));
  }
  const auto theirs = safetensors_header(here / "timm");
  const auto ours = safetensors_header(here / "torchvision");
  CHECK(theirs.at("__metadata__").at("names") == "timm");
  CHECK(ours.at("__metadata__").at("names") == "torchvision");
  CHECK(names(theirs) == names(ours));
  CHECK(number_from(python(script() + "strict" + quoted(here / "torchvision") + " resnet18")) ==
        122);
  const auto onnx = exported(here, "onnx", "model.onnx");
  CHECK(has(onnx.at("notes")[0], "pictures (N, 3, 32, 32)"));
  CHECK(has(onnx.at("notes")[0], "features (N, 512)"));
  CHECK(number_from(python(script() + "onnx" + quoted(here / "model.onnx") +
                           quoted(here / "torchvision"))) <= 1e-4);
}

TEST_CASE("a network of 50 layers and a stem for small pictures: told, and exported all the same") {
  const Workplace here;
  REQUIRE(here.run(here.tiny(torchvisions(
                       "resnet50", "cifar",
                       {"--set", "train.max_steps=1", "--set", "data.synthetic_size=8"})))
              .code == 0);
  const auto told = exported(here, "torchvision", "fifty");
  CHECK(told.at("tensors") == 320);
  REQUIRE(told.at("notes").size() == 2);
  const std::string note = told.at("notes")[1];
  CHECK(has(note, "conv1.weight is (64, 3, 3, 3) and not (64, 3, 7, 7)"));
  CHECK(has(note,
            "net.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False); "
            "net.maxpool = torch.nn.Identity()"));
  CHECK(safetensors_header(here / "fifty").at("__metadata__").at("stem") == note);
  CHECK(number_from(python(script() + "strict" + quoted(here / "fifty") + " resnet50")) == 320);
}

TEST_CASE("a program in Python finds the accuracy that the run reports") {
  const Workplace here;
  write_idx(here / "train-images-idx3-ubyte", here / "train-labels-idx1-ubyte", 120, 1);
  write_idx(here / "t10k-images-idx3-ubyte", here / "t10k-labels-idx1-ubyte", 100, 2);
  const auto trained =
      here.run({"train", "tiny.toml", "--out", "run", "--set",
                "data={source = \"idx\", path = \"train-images-idx3-ubyte\"}", "--set",
                "eval.path=\"t10k-images-idx3-ubyte\"", "--set",
                "backbone={use = \"resnet18\", stem = \"cifar\"}", "--set", "train.max_steps=6",
                "--set", "view=[{count = 2, ops = [{use = \"random_resized_crop\", size = 12}]}]"});
  CAPTURE(trained.err);
  REQUIRE(trained.code == 0);
  // A query in a hundred may lie so near two classes that rounding decides.
  CHECK(python_differs_by(here) < 1.01);
}

TEST_CASE("a program in Python finds a ResNet-18's accuracy on Fashion-MNIST within 0.1 point") {
  const Workplace here;
  if (!cut_fashion(here, "train", 2000) || !cut_fashion(here, "t10k", 1000)) return;
  // The quickstart's own network is none of torchvision's.
  const auto trained = here.run({"train", "quickstart", "--out", "run", "--set",
                                 "data.path=\"train-images-idx3-ubyte\"", "--set",
                                 "eval.path=\"t10k-images-idx3-ubyte\"", "--set",
                                 "backbone={use = \"resnet18\", stem = \"small\"}", "--set",
                                 "train.max_steps=8", "--set", "train.batch_size=64"});
  CAPTURE(trained.err);
  REQUIRE(trained.code == 0);
  CHECK(python_differs_by(here) < 0.101);  // one query of a thousand
}

TEST_CASE("what cannot be exported is told in a sentence, and nothing is written") {
  const Workplace here;
  REQUIRE(here.run(here.tiny({"--set", "eval.knn_every=\"never\""})).code == 0);
  write_file(here / "there", "kept");
  const auto refused = [&](int code, const std::string& what, const Words& more) {
    Words words = {"export"};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = here.run(words);
    CAPTURE(more, result.err);
    CHECK(result.code == code);
    CHECK(result.out.empty());
    CHECK(has(result.err, what));
    CHECK(count(result.err, "\n") == 1);
    CHECK_FALSE(here.exists("out"));
  };
  refused(2, "needs a run folder", {"--format", "onnx", "--out", "out"});
  refused(2, "needs --format", {"run", "--out", "out"});
  refused(2, "needs --out", {"run", "--format", "onnx"});
  refused(2, "safetensors, torchvision, timm or onnx, and not 'pth'",
          {"run", "--format", "pth", "--out", "out"});
  refused(2, "backbone or encoder+projector, and not 'head'",
          {"run", "--format", "safetensors", "--part", "head", "--out", "out"});
  refused(2, "onnx knows no heads",
          {"run", "--format", "onnx", "--part", "encoder+projector", "--out", "out"});
  refused(2, "elsewhere: no such run folder", {"elsewhere", "--format", "onnx", "--out", "out"});
  refused(2, "there exists; name another file with --out, or replace it with --overwrite",
          {"run", "--format", "onnx", "--out", "there"});
  CHECK(read_file(here / "there") == "kept");
  refused(6, "written for resnet18, resnet34 and resnet50, but the run's backbone is 'resnet10'",
          {"run", "--format", "torchvision", "--out", "out"});
  refused(8, "nowhere", {"run", "--format", "safetensors", "--out", "nowhere/out"});

  CHECK(here.run({"export", "run", "--format", "onnx", "--out", "there", "--overwrite"}).code == 0);
  CHECK(read_file(here / "there") != "kept");

  REQUIRE(here.run(here.tiny(torchvisions("resnet18", "cifar",
                                          {"--overwrite", "--set", "backbone.stages=1", "--set",
                                           "backbone.width=32", "--set", "train.max_steps=1"})))
              .code == 0);
  const auto narrow = here.run({"export", "run", "--format", "timm", "--out", "out"});
  CHECK(narrow.code == 6);
  CHECK(has(narrow.err, "is not timm's resnet18; 90 tensors are missing: layer2.0.bn1.bias, "));
  CHECK(has(narrow.err, "have other shapes: bn1.bias, "));
  std::filesystem::remove(here / "run/backbone.safetensors");
  refused(6, "run/backbone.safetensors", {"run", "--format", "safetensors", "--out", "out"});
}
