// tandem train --init-from: weights of another run or program, by name.
#include "catch.hpp"
#include "python.hpp"
#include "workplace.hpp"

namespace {

/// A step of training, and more words.
Words step(const Words& more = {}) {
  Words words = {"--set", "eval.knn_every=\"never\"", "--set", "train.max_steps=1"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// The same from weights.
Words from(const std::string& file, Words more = {}) {
  more.insert(more.end(), {"--init-from", file});
  return step(more);
}

void require_trained(const Result& result) {
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
}

void require_exported(const Workplace& here, const std::string& format, const std::string& out,
                      const std::string& part = "backbone") {
  require_trained(here.run({"export", "run", "--format", format, "--out", out, "--part", part}));
}

}  // namespace

TEST_CASE("a run starts from another's weights, whichever way they come, and says so") {
  const Workplace here;
  require_trained(here.run(here.tiny(step({"--set", "run.seed=5"}))));
  require_exported(here, "safetensors", "plain");
  require_exported(here, "safetensors", "whole", "encoder+projector");

  require_trained(here.run(here.tiny(from("run", {"--out", "folder"}))));
  require_trained(here.run(here.tiny(from("plain", {"--out", "file"}))));
  const auto stripped =
      here.run(here.tiny(from("whole", {"--strip-prefix", "backbone.", "--out", "stripped"})));
  require_trained(stripped);
  CHECK(has(stripped.err, "whole: 7 tensors without the prefix 'backbone.', left out: projector."));
  require_trained(here.run(here.tiny(step({"--out", "fresh"}))));
  const auto weights = [&](const std::string& run) {
    return read_file(here / run / "backbone.safetensors");
  };
  CHECK(weights("folder") == weights("file"));
  CHECK(weights("folder") == weights("stripped"));
  CHECK(weights("folder") != weights("fresh"));

  const auto manifest = Json::parse(read_file(here / "stripped/manifest.json"));
  const auto initial = manifest.at("initial_weights");
  CHECK(initial.at("file") == std::filesystem::canonical(here / "whole").string());
  CHECK(initial.at("sha256") == sha256sum(here / "whole"));
  CHECK(initial.at("strip_prefix") == "backbone.");
  CHECK(initial.at("left_out") == 7);
  CHECK_FALSE(Json::parse(read_file(here / "fresh/manifest.json")).contains("initial_weights"));
}

TEST_CASE("torchvision's file starts a network, which says that it leaves the classifier") {
  const Workplace here;
  const Words eighteen = {"--set", "backbone={use = \"resnet18\", stem = \"cifar\"}", "--set",
                          "data.synthetic_size=8"};
  require_trained(here.run(here.tiny(step(eighteen))));
  require_exported(here, "torchvision", "tv");
  auto again = eighteen;
  again.insert(again.end(), {"--out", "tv_run"});
  const auto result = here.run(here.tiny(from("tv", again)));
  require_trained(result);
  CHECK(has(result.err, "tv: 2 tensors behind the tapped layer, left out: fc."));
  CHECK(has(result.err, "starts from 120 tensors of "));
  auto own = eighteen;
  own.insert(own.end(), {"--out", "own"});
  require_trained(here.run(here.tiny(from("run", own))));
  CHECK(read_file(here / "own/backbone.safetensors") ==
        read_file(here / "tv_run/backbone.safetensors"));
}

TEST_CASE("weights that do not fit are told with every difference and what to do") {
  const Workplace here;
  require_trained(here.run(here.tiny(step())));
  require_exported(here, "safetensors", "whole", "encoder+projector");
  const auto refused = [&](int code, const Words& parts, const Words& more) {
    const auto result = here.run(here.tiny(more));
    CAPTURE(more, result.err);
    CHECK(result.code == code);
    for (const auto& part : parts) CHECK(has(result.err, part));
    CHECK_FALSE(here.exists("other"));
  };
  refused(6,
          {"whole does not fit this network", "tensors are missing", "25 tensors are unknown",
           "give --strip-prefix backbone."},
          from("whole", {"--out", "other"}));
  refused(6,
          {"conv1.weight: F32 [8, 3, 3, 3] in the file, F32 [4, 3, 3, 3] here",
           "set the backbone and its parameters"},
          from("run", {"--out", "other", "--set", "backbone.width=4"}));
  refused(6, {"names under 'backbone.'", "its names have no prefix"},
          from("run", {"--out", "other", "--strip-prefix", "backbone."}));
  refused(6, {"none of its names is one of this backbone's"},
          from((here / "run/objective.safetensors").string(), {"--out", "other"}));
  refused(6, {"nowhere: cannot be read: No such file"}, from("nowhere", {"--out", "other"}));
  refused(2, {"--strip-prefix needs the file"}, {"--strip-prefix", "backbone.", "--out", "other"});
}

TEST_CASE("a pickle is refused with the line of Python that converts it, and the line does") {
  const Workplace here;
  require_trained(here.run(here.tiny(step())));
  require_exported(here, "safetensors", "net.safetensors");
  const std::string file = (here / "net.safetensors").string();
  const auto saved =
      python("'" TANDEM_TEST_DIR "/cli/exported.py' pickle '" + file + "' backbone.");
  CAPTURE(saved.text);
  REQUIRE(saved.code == 0);
  const auto refused = here.run(here.tiny(from(file + ".pth", {"--out", "other"})));
  CHECK(refused.code == 6);
  const auto begin = refused.err.find("python -c ");
  REQUIRE(begin != std::string::npos);
  const auto line = refused.err.substr(begin + 7, refused.err.rfind('"') + 1 - begin - 7);
  const auto converted = python(line);
  CAPTURE(line, converted.text);
  REQUIRE(converted.code == 0);
  require_trained(here.run(
      here.tiny(from(file + ".safetensors", {"--strip-prefix", "backbone.", "--out", "other"}))));
  require_trained(here.run(here.tiny(from(file, {"--out", "own"}))));
  CHECK(read_file(here / "own/backbone.safetensors") ==
        read_file(here / "other/backbone.safetensors"));
}
