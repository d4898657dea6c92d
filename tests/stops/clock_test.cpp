// A wall clock that is set back again and again, while a run is saved, killed and resumed.
#include "catch.hpp"
#include "resuming.hpp"

TEST_CASE("a clock that is set back changes nothing of a run, and nothing of its resume") {
  const Workplace here;
  const auto words = [&](const std::string& out) {
    return here.tiny({"--out", out, "--set", "checkpoint.every_steps=2"});
  };
  REQUIRE(here.run(words("whole")).code == 0);
  auto killed = fault("kill", "checkpoints/.step-00000006", 1);
  killed["TANDEM_FAULT_CLOCK"] = "back";
  REQUIRE(here.run(words("run"), killed).code == -9);
  const std::map<std::string, std::string> back = {{"LD_PRELOAD", TANDEM_FAULTS},
                                                   {"TANDEM_FAULT_CLOCK", "back"}};
  const auto resumed = here.run({"train", "run", "--resume"}, back);
  CAPTURE(resumed.err);
  REQUIRE(resumed.code == 0);
  CHECK(has(resumed.err, "goes on after step 4 of 8"));
  check_same(ended(here / "whole"), ended(here / "run"));
  CHECK(std::filesystem::read_symlink(here / "run/checkpoints/latest") == "step-00000008");
  // The clock was indeed behind: what the newest checkpoint says of its time is before the others'.
  const auto saved = [&](const std::string& step) {
    return Json::parse(read_file(here / "run/checkpoints" / step / "state.json"))
        .at("saved")
        .get<std::string>();
  };
  CHECK(saved("step-00000008") < saved("step-00000006"));
  for (const Json& step : events(here / "run", "step")) {
    CHECK(step.at("timing").at("total") > 0);
    CHECK(step.at("timing").at("total") < 60);
  }
}
