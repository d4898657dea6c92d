// `eval.online_probe`: a classifier beside the network, of which the network learns nothing.
#include "catch.hpp"
#include "workplace.hpp"

#include <cmath>

TEST_CASE("the online probe is told step by step and with kNN, and changes no bit of a run") {
  const Workplace here;
  const Words probing = {"--set", "eval.online_probe=true", "--set", "train.log_every=1",
                         "--set", "eval.knn_every=1"};
  auto result = here.run(here.tiny(probing));
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  const auto steps = events(here / "run", "step");
  REQUIRE(steps.size() == 8);
  for (const auto& step : steps) {
    const double share = step.at("metrics").at("probe_top1").get<double>() / 100;
    CHECK(share >= 0);
    CHECK(share <= 1);
    CHECK(share * 8 == Approx(std::round(share * 8)).margin(1e-9));  // of a batch of 8 pictures
    CHECK(step.at("timing").at("probe").get<double>() > 0);
  }
  std::vector<Json> probes;
  for (const auto& event : events(here / "run", "eval")) {
    if (event.at("name") == "probe") probes.push_back(event);
  }
  REQUIRE(probes.size() == 2);
  CHECK(probes[1].at("epoch") == 2);
  CHECK(probes[1].at("values").at("probe_top1").get<double>() >= 0);
  CHECK(has(probes[1].at("protocol"), "online linear probe"));
  CHECK(has(probes[1].at("protocol"), "rate 0.1"));
  CHECK(has(result.err, "probe_top1"));

  Words plain = here.tiny({"--out", "plain", "--set", "eval.knn_every=1"});
  REQUIRE(here.run(plain).code == 0);
  for (const char* file : {"backbone.safetensors", "objective.safetensors"})
    CHECK(read_file(here / ("plain/" + std::string(file))) ==
          read_file(here / ("run/" + std::string(file))));
  CHECK_FALSE(events(here / "plain", "step")[0].at("metrics").contains("probe_top1"));

  // With views in one batch too, and the same again.
  Words joint = probing;
  for (const char* word : {"--out", "joint", "--set", "train.views=\"joint\""})
    joint.emplace_back(word);
  REQUIRE(here.run(here.tiny(joint)).code == 0);
  CHECK(events(here / "joint", "step")[0].at("metrics").contains("probe_top1"));
}

TEST_CASE("without labels there is no online probe, which is told") {
  const Workplace here;
  std::filesystem::create_directories(here / "flat");
  for (int i = 0; i < 8; ++i) {
    std::string pixels = "P6 16 16 255\n";
    for (int j = 0; j < 16 * 16 * 3; ++j) pixels += static_cast<char>((i * 37 + j * 11) % 256);
    write_file(here / "flat" / (std::to_string(i) + ".ppm"), pixels);
  }
  const auto result = here.run({"train", "tiny.toml", "--data", "flat", "--out", "run", "--set",
                                "eval.online_probe=true", "--set", "data.source=\"auto\""});
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(has(result.err, "the training pictures have no labels"));
  CHECK_FALSE(events(here / "run", "step")[0].at("metrics").contains("probe_top1"));
}
