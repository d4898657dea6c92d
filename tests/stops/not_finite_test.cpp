// A NaN or an infinity anywhere: the run stops at that step, says where it came from, and keeps it.
#include "catch.hpp"
#include "resuming.hpp"

namespace {

const std::string plugin = std::string(TANDEM_FIXTURE_PLUGINS) + "/other_kinds.so";

/// A run that goes well for two steps, saved after each second one.
Words broken(const Workplace& here, const std::string& where, const std::string& out = "run") {
  return here.tiny(
      {"--out", out, "--plugin", plugin, "--set", "checkpoint.every_steps=2", "--set",
       "objective={use = \"not_finite\", projector = [16], after = 2, where = \"" + where + "\"}"});
}

std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of('\n');
  const auto begin = text.rfind('\n', end);
  return text.substr(begin + 1, end - begin);
}

void check_stopped(const std::string& where, const std::string& told) {
  const Workplace here;
  CAPTURE(where);
  const auto result = here.run(broken(here, where));
  CAPTURE(result.err);
  CHECK(result.code == 7);
  CHECK(has(result.err, "error: step 3: "));
  CHECK(has(result.err, told));
  // The last good checkpoint is as it was, and the newest.
  CHECK(here.run({"ckpt", "verify", "run"}).code == 0);
  CHECK(std::filesystem::read_symlink(here / "run/checkpoints/latest") == "step-00000002");
  // The step can be done again, without the pictures, to the same end.
  const auto again =
      here.run({"train", "--plugin", plugin, "--replay", "run/replay/step-00000002"});
  CHECK(again.code == 7);
  CHECK(last_line(again.err) == last_line(result.err));
  // So can the run, which fails there again.
  const auto resumed = here.run({"train", "--plugin", plugin, "run", "--resume"});
  CHECK(resumed.code == 7);
  CHECK(last_line(resumed.err) == last_line(result.err));
}

}  // namespace

TEST_CASE("a loss that is nan is told with its objective, though all else is finite") {
  check_stopped("loss", "the loss itself (objective 'not_finite')");
}

TEST_CASE("a gradient that is nan is told with its parameter, though the loss is finite") {
  check_stopped("gradient", "the gradient of 'objective.projector.");
}

TEST_CASE("weights that an update broke are no checkpoint: the one before it stays the newest") {
  const Workplace here;
  auto words = broken(here, "weights");
  words.insert(words.end(), {"--set", "checkpoint.every_steps=1", "--set", "checkpoint.keep=1"});
  const auto result = here.run(words);
  CAPTURE(result.err);
  CHECK(result.code == 7);
  CHECK(has(result.err, "step 3 has broken the weights 'objective.projector."));
  CHECK(has(result.err, "(objective 'not_finite')"));
  CHECK(std::filesystem::read_symlink(here / "run/checkpoints/latest") == "step-00000002");
  CHECK(here.run({"ckpt", "verify", "run"}).code == 0);
  const auto resumed =
      here.run({"train", "run", "--resume", "--plugin", plugin, "--set",
                "objective.where=\"nowhere\"", "--allow-change", "objective.where"});
  CAPTURE(resumed.err);
  CHECK(resumed.code == 0);
}

TEST_CASE("a run that fails leaves the weights of its newest checkpoint under their names") {
  const Workplace here;
  auto words = broken(here, "loss");
  words.insert(words.end(), {"--set", "objective.after=3"});  // a step after the one that is saved
  const auto result = here.run(words);
  CAPTURE(result.err);
  REQUIRE(result.code == 7);
  REQUIRE(here.exists("run/replay/step-00000003"));
  CHECK(read_file(here / "run/backbone.safetensors") ==
        read_file(here / "run/checkpoints/step-00000002/model.safetensors"));
}

TEST_CASE("what a plugin throws in the middle of a step leaves no trace in what is saved") {
  const Workplace here;
  REQUIRE(here.run(broken(here, "nowhere", "whole")).code == 0);
  const auto failed = here.run(broken(here, "thrown", "thrown"));
  CAPTURE(failed.err);
  CHECK(failed.code == 5);
  CHECK(has(failed.err, "no loss today"));
  const auto resumed =
      here.run({"train", "thrown", "--resume", "--plugin", plugin, "--set",
                "objective.where=\"nowhere\"", "--allow-change", "objective.where"});
  CAPTURE(resumed.err);
  CHECK(resumed.code == 0);
  check_same(ended(here / "whole"), ended(here / "thrown"));
}

TEST_CASE("a step of several ranks is kept with the views of all, and done again by one") {
  const Workplace here;
  auto words = broken(here, "gradient");
  words.insert(words.end(), {"--ranks", "2", "--set", "run.precision=\"float64\""});
  const auto result = here.run(words);
  CAPTURE(result.err);
  REQUIRE(result.code == 7);
  const auto kept = safetensors_header(here / "run/replay/step-00000002/views.safetensors");
  CHECK(kept.at("view.0").at("shape")[0] == 8);  // the batch, and not a rank's half of it
  const auto again =
      here.run({"train", "--plugin", plugin, "--replay", "run/replay/step-00000002"});
  CAPTURE(again.err);
  CHECK(again.code == 7);
  CHECK(has(again.err, "done by 2 ranks"));
  CHECK(has(again.err, "the gradient of 'objective.projector."));
}

TEST_CASE("a fault that one rank alone has is told by that rank") {
  const Workplace here;
  auto words = broken(here, "embedding");
  words.insert(words.end(), {"--ranks", "2", "--set", "objective.on_rank=1"});
  const auto result = here.run(words);
  CAPTURE(result.err);
  CHECK(result.code == 7);
  CHECK(has(result.err,
            "the embedding of view 1 (objective 'not_finite'): 64 of 64 values are nan, on rank "
            "1"));
}

TEST_CASE("a plugin that throws the host's own kind of error is a plugin that throws") {
  const Workplace here;
  const auto result = here.run(broken(here, "guard"));
  CAPTURE(result.err);
  CHECK(result.code == 5);
  CHECK(has(result.err, "'not_finite'"));
  CHECK(has(result.err, "a word of the host's"));
}

TEST_CASE("an embedding that is nan is told with its view") {
  const Workplace here;
  const auto result = here.run(broken(here, "embedding"));
  CHECK(result.code == 7);
  CHECK(has(result.err, "step 1: the loss is nan; first fault: "));
  CHECK(has(result.err,
            "the embedding of view 1 (objective 'not_finite'): 128 of 128 values are nan"));
}

TEST_CASE("pixels that are not finite are told as such, with every objective") {
  for (const char* id : {"barlow_twins", "simsiam", "byol", "simclr"}) {
    const Workplace here;
    CAPTURE(id);
    const auto result =
        here.run(here.tiny({"--set", small_objective(id), "--set", "data.normalize=\"custom\"",
                            "--set", "data.mean=[0.1]", "--set", "data.std=[1e-40]"}));
    CHECK(result.code == 7);
    CHECK(
        has(result.err, "the pixels of view 0 (the data, their normalisation, or an operation: "));
    CHECK(has(result.err, "random_resized_crop"));
  }
}

TEST_CASE("a training that diverges is told where its numbers end, with every objective") {
  for (const char* id : {"barlow_twins", "simsiam", "byol", "simclr"}) {
    const Workplace here;
    CAPTURE(id);
    const auto result =
        here.run(here.tiny({"--set", small_objective(id), "--set", "optimizer.lr=1e38", "--set",
                            "schedule={use = \"constant\"}"}));
    CAPTURE(result.err);
    CHECK(result.code == 7);
    CHECK((has(result.err, "(backbone 'resnet10')") || has(result.err, "(objective '")));
  }
}
