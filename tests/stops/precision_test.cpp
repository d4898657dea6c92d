// What `run.precision` is to a run that goes on.
#include "catch.hpp"
#include "resuming.hpp"

namespace {

Words with_precision(const Workplace& here, const std::string& out, const std::string& precision,
                     const Words& more = {}) {
  Words words = here.tiny({"--out", out, "--set", "run.precision=\"" + precision + "\""});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

TEST_CASE("a run in bfloat16 that is stopped ends as one that is not") {
  const Workplace here;
  REQUIRE(here.run(with_precision(here, "whole", "bfloat16")).code == 0);
  const Words saving = {"--set", "checkpoint.every_steps=4"};
  REQUIRE(
      here.run(with_precision(here, "run", "bfloat16", saving), fault("kill", "step-00000008", 1))
          .code == -9);
  const auto resumed = here.run({"train", "run", "--resume"});
  CAPTURE(resumed.err);
  CHECK(resumed.code == 0);
  check_same(ended(here / "whole"), ended(here / "run"));
  // It was bfloat16: the same run in float32 ends elsewhere.
  REQUIRE(here.run(with_precision(here, "wide", "float32")).code == 0);
  CHECK((ended(here / "wide").tensors.at("model.safetensors") !=
         ended(here / "whole").tensors.at("model.safetensors")));
}

TEST_CASE("what auto chose belongs to the run, which goes on with it") {
  const Workplace here;
  const Words saving = {"--set", "checkpoint.every_steps=4"};
  REQUIRE(here.run(with_precision(here, "run", "auto", saving), fault("kill", "step-00000008", 1))
              .code == -9);
  const auto config = read_file(here / "run/config.toml");
  CHECK_FALSE(has(config, "precision = \"auto\""));
  // The same command again, where the configuration still says auto.
  const auto resumed =
      here.run(with_precision(here, "run", "auto", {"--resume", saving[0], saving[1]}));
  CAPTURE(resumed.err);
  CHECK(resumed.code == 0);
  CHECK(read_file(here / "run/config.toml") == config);
}

TEST_CASE("a run of another precision stays what it is, whatever auto would choose now") {
  const Workplace here;
  const Words saving = {"--set", "checkpoint.every_steps=4"};
  REQUIRE(
      here.run(with_precision(here, "run", "float64", saving), fault("kill", "step-00000008", 1))
          .code == -9);
  const auto refused = here.run(with_precision(here, "run", "float32", {"--resume"}));
  CHECK(refused.code == 3);
  CHECK(has(refused.err, "run.precision was \"float64\", now \"float32\""));
  const auto resumed = here.run(with_precision(here, "run", "auto", {"--resume"}));
  CAPTURE(resumed.err);
  CHECK(resumed.code == 0);
  CHECK(has(read_file(here / "run/config.toml"), "precision = \"float64\""));
}

TEST_CASE("two ranks in bfloat16 that are stopped go on to the same bits") {
  const Workplace here;
  REQUIRE(here.run(with_precision(here, "whole", "bfloat16", {"--ranks", "2"})).code == 0);
  const auto stopped = here.run(with_precision(here, "run", "bfloat16", {"--ranks", "2"}),
                                fault("SIGTERM", "metrics.jsonl", 4, "write"));
  CAPTURE(stopped.err);
  REQUIRE(stopped.code == 143);
  const auto resumed = here.run(with_precision(here, "run", "auto", {"--ranks", "2", "--resume"}));
  CAPTURE(resumed.err);
  REQUIRE(resumed.code == 0);
  CHECK(has(read_file(here / "run/config.toml"), "precision = \"bfloat16\""));
  check_same(ended(here / "whole"), ended(here / "run"));
}

TEST_CASE("ranks keep the number type of the run that they go on with") {
  const Workplace here;
  const Words saving = {"--set", "checkpoint.every_steps=4"};
  REQUIRE(
      here.run(with_precision(here, "run", "float64", saving), fault("kill", "step-00000008", 1))
          .code == -9);
  const auto together = here.run(with_precision(here, "run", "auto", {"--ranks", "2", "--resume"}));
  CAPTURE(together.err);
  CHECK(together.code == 0);
  CHECK(has(read_file(here / "run/config.toml"), "precision = \"float64\""));
}

TEST_CASE("a number type that there is not is refused with those that there are") {
  const Workplace here;
  const auto refused = here.run(with_precision(here, "run", "half"));
  CHECK(refused.code == 3);
  CHECK(has(refused.err, "\"bfloat16\""));
  CHECK(has(refused.err, "\"float32\""));
}
