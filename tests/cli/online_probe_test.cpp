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
    const double share = step.at("metrics").at("online_probe_top1").get<double>() / 100;
    CHECK(share >= 0);
    CHECK(share <= 1);
    CHECK(share * 8 == Approx(std::round(share * 8)).margin(1e-9));  // of a batch of 8 pictures
    CHECK(step.at("timing").at("probe").get<double>() > 0);
  }
  std::vector<Json> probes;
  for (const auto& event : events(here / "run", "eval")) {
    if (event.at("name") == "online_probe") probes.push_back(event);
  }
  REQUIRE(probes.size() == 2);
  CHECK(probes[1].at("epoch") == 2);
  CHECK(probes[1].at("values").at("online_probe_top1").get<double>() >= 0);
  CHECK(has(probes[1].at("protocol"), "online linear probe"));
  CHECK(has(probes[1].at("protocol"), "rate 0.1"));
  CHECK(has(result.err, "online_probe_top1"));

  Words plain = here.tiny({"--out", "plain", "--set", "eval.knn_every=1"});
  REQUIRE(here.run(plain).code == 0);
  for (const char* file : {"backbone.safetensors", "objective.safetensors"})
    CHECK(read_file(here / ("plain/" + std::string(file))) ==
          read_file(here / ("run/" + std::string(file))));
  CHECK_FALSE(events(here / "plain", "step")[0].at("metrics").contains("online_probe_top1"));

  CHECK(has(result.out, "\nonline_probe_top1 "));
  CHECK(result.out.starts_with("knn_top1 "));
}

TEST_CASE("the online probe is given each picture's own label, with views apart and in one batch") {
  const Workplace here;
  // Dark and bright pictures: any features part them, and no wrong pairing of labels can be learnt.
  for (int i = 0; i < 32; ++i) {
    const bool bright = i % 2 == 1;
    std::string pixels = "P6 16 16 255\n";
    for (int j = 0; j < 16 * 16 * 3; ++j)
      pixels += static_cast<char>((bright ? 200 : 10) + (i * 37 + j * 11) % 40);
    const auto folder = here / (bright ? "pictures/bright" : "pictures/dark");
    std::filesystem::create_directories(folder);
    write_file(folder / (std::to_string(i) + ".ppm"), pixels);
  }
  for (const std::string views : {"separate", "joint"}) {
    CAPTURE(views);
    const auto train = [&](const std::string& out, const char* probing) {
      const auto result =
          here.run({"train", "tiny.toml", "--data", "pictures", "--set", "data.source=\"auto\"",
                    "--set", "eval.knn_every=\"never\"", "--set", "train.epochs=10", "--set",
                    "view=[{count = 2, ops = [{use = \"horizontal_flip\"}]}]", "--set",
                    "train.views=\"" + views + "\"", "--set", probing, "--out", out});
      CAPTURE(result.err);
      REQUIRE(result.code == 0);
    };
    train(views, "eval.online_probe=true");
    train(views + "-plain", "eval.online_probe=false");
    CHECK(read_file(here / (views + "/backbone.safetensors")) ==
          read_file(here / (views + "-plain/backbone.safetensors")));
    const auto steps = events(here / views, "step");
    REQUIRE(steps.size() == 40);
    double last = 0;
    for (std::size_t i = 30; i < 40; ++i)
      last += steps[i].at("metrics").at("online_probe_top1").get<double>() / 10;
    CHECK(last > 90);  // with labels of other pictures about 50
  }
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
  CHECK_FALSE(events(here / "run", "step")[0].at("metrics").contains("online_probe_top1"));
}
