// A scripted PyTorch model in the program: its layers listed, pre-trained with each kind of
// objective, refused without trust.
#include "catch.hpp"
#include "workplace.hpp"

#include <cstdlib>

namespace {

/// Has Python write NAME.pt into the folder.
void script(const Workplace& here, const std::string& name) {
  const std::string command = TANDEM_PYTHON " '" TANDEM_TEST_DIR
                                            "/plugins/torchscript/models.py' '" +
                              (here / "").string() + "' " + name;
  REQUIRE(std::system(command.c_str()) == 0);
}

Words scripted(const std::string& file, const std::string& tap, const Words& more = {}) {
  Words words = {"--backbone", "torchscript",
                 "--set",      "backbone.trust=true",
                 "--set",      "backbone.file=\"" + file + "\"",
                 "--set",      "backbone.tap=\"" + tap + "\""};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Json layers(const Workplace& here, const Words& more) {
  Words words = {"plugins", "layers", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const auto result = here.run(words);
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  return Json::parse(result.out);
}

Json row(const Json& listed, const std::string& layer) {
  for (const auto& item : listed.at("layers"))
    if (item.at("layer") == layer) return item;
  FAIL("no layer " + layer);
  return {};
}

const std::string small_locals =
    "view=[{count = 2, ops = [{use = \"horizontal_flip\"}]}, "
    "{role = \"local\", target = false, ops = [{use = \"random_resized_crop\", size = 8}]}]";

}  // namespace

TEST_CASE("a scripted ResNet is pre-trained, and evaluated from another folder") {
  const Workplace here;
  script(here, "resnet");
  for (const std::string objective : {"barlow_twins", "byol"}) {
    CAPTURE(objective);
    const auto trained = here.run(here.tiny(scripted(
        "resnet.pt", "avgpool", {"--set", small_objective(objective), "--out", objective})));
    CAPTURE(trained.err);
    REQUIRE(trained.code == 0);
    const auto weights = safetensors_header(here / objective / "backbone.safetensors");
    CHECK(weights.contains("layer2.1.conv2.weight"));
    CHECK(weights.contains("bn1.num_batches_tracked"));
    CHECK_FALSE(weights.contains("fc.weight"));
    CHECK_FALSE(has(trained.err, "does not depend on them"));

    const auto manifest = Json::parse(read_file(here / objective / "manifest.json"));
    REQUIRE(manifest.at("trusted_files").size() == 1);
    CHECK(manifest.at("trusted_files")[0].at("sha256") == sha256sum(here / "resnet.pt"));

    std::filesystem::create_directories(here / "elsewhere");
    auto judged = here.call({"eval", "knn", (here / objective).string(), "--json", "--trust"});
    judged.folder = here / "elsewhere";
    const auto result = program::run(judged);
    CAPTURE(result.err);
    CHECK(result.code == 0);

    const auto again =
        here.run(here.tiny(scripted("resnet.pt", "avgpool",
                                    {"--set", small_objective(objective), "--out", "again",
                                     "--overwrite", "--set", "data.workers=0"})));
    REQUIRE(again.code == 0);
    CHECK(read_file(here / "again/backbone.safetensors").size() > 0);
    CHECK(timeless_metrics(here / "again") == timeless_metrics(here / objective));
  }
}

TEST_CASE("a scripted transformer is pre-trained on its class token") {
  const Workplace here;
  script(here, "vit");
  const auto trained =
      here.run(here.tiny(scripted("vit.pt", "norm", {"--set", "backbone.pool=\"cls\""})));
  CAPTURE(trained.err);
  CHECK(trained.code == 0);
  CHECK(safetensors_header(here / "run/backbone.safetensors").contains("blocks.1.attn.qkv.weight"));
}

TEST_CASE("views pass a scripted ResNet one after another, whose modules count batches") {
  const Workplace here;
  script(here, "resnet");
  const auto trained = here.run(here.tiny(scripted("resnet.pt", "avgpool", {"--verbose"})));
  CAPTURE(trained.err);
  CHECK(trained.code == 0);
  CHECK(has(trained.err, "views pass the backbone one after another"));
  CHECK(has(read_file(here / "run/config.toml"), "passes = \"apart\""));
  const auto refused = here.run(here.tiny(
      scripted("resnet.pt", "avgpool", {"--overwrite", "--set", "train.passes=together"})));
  CAPTURE(refused.err);
  CHECK(refused.code == 3);
  CHECK(has(refused.err,
            "a trial of 'torchscript': it left other buffers behind; set "
            "train.passes = \"apart\""));
}

TEST_CASE("a model that wants its pictures channel by channel gets them so") {
  const Workplace here;
  script(here, "contiguous");
  const auto as_they_are = here.run(here.tiny(scripted("contiguous.pt", "last")));
  CAPTURE(as_they_are.err);
  CHECK(as_they_are.code != 0);
  CHECK(has(as_they_are.err, "not channel by channel"));
  const auto laid_out = here.run(here.tiny(
      scripted("contiguous.pt", "last", {"--overwrite", "--set", "run.layout=contiguous"})));
  CAPTURE(laid_out.err);
  CHECK(laid_out.code == 0);
  // The weights' file says so too.
  const auto embedded = here.run({"embed", "run/backbone.safetensors", "--out", "features.npy",
                                  "--set", "data.source=synthetic", "--trust"});
  CAPTURE(embedded.err);
  CHECK(embedded.code == 0);
}

TEST_CASE("without trust a scripted model is refused with the reason") {
  const Workplace here;
  write_file(here / "model.pt", "whatever it is, it is not opened");
  const auto untrusted =
      here.run(here.tiny(scripted("model.pt", "", {"--set", "backbone.trust=false"})));
  CAPTURE(untrusted.err);
  CHECK(untrusted.code == 3);
  CHECK(has(untrusted.err, "runs the code that comes with 'model.pt'"));
  CHECK(has(untrusted.err, "set backbone.trust = true"));
  CHECK_FALSE(here.exists("run"));
  const auto listed = here.run({"plugins", "layers", "model.pt"});
  CHECK(listed.code == 3);
  CHECK(has(listed.err, "runs the code in it; add --trust"));
  const auto opened = here.run({"plugins", "layers", "model.pt", "--trust"});
  CHECK(opened.code == 3);
  CHECK(has(opened.err, "is not a TorchScript file"));
}

TEST_CASE("a run's folder cannot say itself that its code is to be trusted") {
  const Workplace here;
  script(here, "resnet");
  REQUIRE(here.run(here.tiny(scripted("resnet.pt", "avgpool", {"--out", "run"}))).code == 0);
  REQUIRE(has(read_file(here / "run/config.toml"), "trust = true"));
  const std::vector<Words> commands = {
      {"eval", "knn", "run"},
      {"eval", "linear", "run", "--epochs", "1"},
      {"embed", "run", "--out", "features.npy"},
      {"export", "run", "--format", "onnx", "--out", "model.onnx"},
      {"train", "run", "--resume", "--set", "train.epochs=3", "--allow-change", "train.epochs"},
      {"train", "run", "--out", "again"},
  };
  for (const Words& command : commands) {
    CAPTURE(command);
    const auto result = here.run(command);
    CAPTURE(result.err);
    CHECK(result.code == 3);
    CHECK(has(result.err, "of a run's folder, say so anew (--trust, or"));
    auto trusted = command;
    if (command[0] == "train")
      trusted.insert(trusted.end(), {"--set", "backbone.trust=true"});
    else
      trusted.push_back("--trust");
    CHECK_FALSE(has(here.run(trusted).err, "say so anew"));
  }
}

TEST_CASE("an unknown layer is told with the nearest ones") {
  const Workplace here;
  script(here, "resnet");
  const auto result = here.run(here.tiny(scripted("resnet.pt", "layer2.0.rel")));
  CAPTURE(result.err);
  CHECK(result.code == 3);
  CHECK(has(result.err, "no layer 'layer2.0.rel'; did you mean 'layer2.0.relu'"));
  CHECK_FALSE(here.exists("run"));
}

TEST_CASE("plugins layers lists what can be tapped of a scripted model") {
  const Workplace here;
  script(here, "vit resnet");
  const auto net = layers(here, {"resnet.pt", "--trust", "--input", "3x16x24"});
  CHECK(net.at("backbone") == "torchscript");
  CHECK(net.at("input") == Json({3, 16, 24}));
  CHECK(row(net, "conv1").at("output") == Json({4, 8, 12}));
  CHECK(row(net, "layer2.0.relu#2").at("output") == Json({8, 2, 3}));
  CHECK(row(net, "layer2.0.relu#2").at("width") == 8);
  CHECK(row(net, "fc").at("output") == Json({5}));

  const auto gridded =
      layers(here, {"resnet.pt", "--trust", "--input", "3x16x16", "--pool", "grid:4"});
  CHECK(row(gridded, "layer1").at("width") == 4 * 16);
  CHECK(has(row(gridded, "avgpool").at("problem"), "needs a map of that size"));

  const auto tokens = layers(here, {"vit.pt", "--trust", "--input", "3x16x16", "--pool", "cls"});
  CHECK(row(tokens, "blocks.1").at("output") == Json({17, 8}));
  CHECK(row(tokens, "blocks.1").at("width") == 8);
  const auto text = here.run({"plugins", "layers", "vit.pt", "--trust", "--input", "3x16x16"});
  CHECK(text.code == 0);
  CHECK(has(text.out, "17 × 8"));
}

TEST_CASE("plugins layers lists those of a plugin's backbone") {
  const Workplace here;
  const Words narrow = {"resnet10", "--set", "backbone.width=4", "--set", "backbone.stages=2"};
  const auto small = layers(here, narrow);
  CHECK(row(small, "conv1").at("output") == Json({4, 32, 32}));
  CHECK(row(small, "layer2").at("output") == Json({8, 16, 16}));
  CHECK(row(small, "layer2").at("width") == 8);
  CHECK(row(small, "avgpool").at("output") == Json({8, 1, 1}));
  auto grey = narrow;
  grey.insert(grey.end(), {"--input", "1x64x64", "--pool", "flatten"});
  CHECK(row(layers(here, grey), "conv1").at("width") == 4 * 64 * 64);
  for (const std::string input : {"32x32", "3x32", "axbxc", "3x0x3", "3x32x32x", "3x-1x2"})
    CHECK(here.run({"plugins", "layers", "resnet10", "--input", input}).code == 2);
  CHECK(here.run({"plugins", "layers", "resnet11"}).code == 5);
  CHECK(here.run({"plugins", "layers", "resnet10", "--pool", "max"}).code == 3);
}

TEST_CASE("views of different sizes must have latents of one width") {
  const Workplace here;
  const Words two_sizes = {"--dry-run", "--set", small_locals, "--set", "backbone.tap=\"layer1\""};
  const auto with = [&](const Words& more) {
    Words words = two_sizes;
    words.insert(words.end(), more.begin(), more.end());
    return here.run(here.tiny(words));
  };
  for (const std::string pool : {"auto", "avg", "grid:2"})
    CHECK(with({"--set", "backbone.pool=\"" + pool + "\""}).code == 0);
  const auto flat = with({"--set", "backbone.pool=\"flatten\""});
  CAPTURE(flat.err);
  CHECK(flat.code == 3);
  CHECK(has(flat.err,
            "view 2 (8 × 8): a view of shape [2, 3, 8, 8] has latents 512 wide, one of "
            "[2, 3, 16, 16] 2048; set pool = \"avg\""));
  const auto grid = with({"--set", "backbone.pool=\"grid:12\""});
  CAPTURE(grid.err);
  CHECK(grid.code == 3);
  CHECK(has(grid.err,
            "view 2 (8 × 8): pool = \"grid:12\" (backbone.pool in a configuration) needs a map"));
}

TEST_CASE("a scripted model is checked by all rules for backbones") {
  const Workplace here;
  script(here, "resnet");
  const Words named = {"plugins", "check", "torchscript", "--json", "--set", "file=\"resnet.pt\""};
  Words trusted = named;
  trusted.push_back("--trust");
  const auto result = here.run(trusted);
  CAPTURE(result.out, result.err);
  CHECK(result.code == 0);
  const auto checks = Json::parse(result.out).at("checks");
  CHECK(checks.size() >= 35);
  for (const auto& check : checks) {
    CAPTURE(check);
    const bool channels = check.at("rule") == "any_channels";
    CHECK(check.at("verdict") == (channels ? "skipped" : "passed"));
    if (channels) CHECK(has(check.at("detail"), "its file decides on the channels"));
  }

  const auto distrusted = here.run(named);
  CHECK(distrusted.code == 5);
  CHECK(has(distrusted.out, "set backbone.trust = true if you trust whoever made the file"));
}
