// Whether the views of a batch pass the backbone together: what a run finds, keeps and refuses.
#include "catch.hpp"
#include "workplace.hpp"

#include <cmath>

namespace {

/// What a run's folder says.
std::string passes(const Workplace& here, const std::string& run) {
  const std::string config = read_file(here / run / "config.toml");
  for (const std::string word : {"together", "apart", "auto"})
    if (has(config, "passes = \"" + word + "\"")) return word;
  return "";
}

std::vector<double> losses(const Workplace& here, const std::string& run) {
  std::vector<double> all;
  for (const auto& event : events(here / run, "step")) all.push_back(event.at("loss"));
  return all;
}

}  // namespace

TEST_CASE("views pass a ResNet together, and a run says so") {
  const Workplace here;
  const Words exact = {"--set", "run.precision=float64", "--set", "train.log_every=1"};
  const auto run = [&](const std::string& out, const std::string& how) {
    Words words = exact;
    words.insert(words.end(), {"--out", out, "--set", "train.passes=" + how});
    const auto result = here.run(here.tiny(words));
    CAPTURE(result.err);
    REQUIRE(result.code == 0);
  };
  run("auto", "auto");
  run("apart", "apart");
  CHECK(passes(here, "auto") == "together");
  CHECK(passes(here, "apart") == "apart");
  const auto found = losses(here, "auto"), expected = losses(here, "apart");
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(std::abs(found[i] - expected[i]) <= 1e-9 * std::abs(expected[i]));

  // In chunks, which are there to save memory, one view's at a time.
  REQUIRE(here.run(here.tiny({"--out", "chunks", "--set", "train.accumulate=2"})).code == 0);
  CHECK(passes(here, "chunks") == "apart");
  // What goes on keeps what it began with, and a run of programs that knew one way that one.
  Words on = {"train",          "auto",           "--resume",    "--set",
              "train.epochs=3", "--allow-change", "train.epochs"};
  CHECK(here.run(on).code == 0);
  CHECK(passes(here, "auto") == "together");
  const std::string config = read_file(here / "apart/config.toml"), key = "passes = \"apart\"\n";
  write_file(here / "apart/config.toml",
             std::string(config).replace(config.find(key), key.size(), ""));
  const auto more = here.run({"train", "apart", "--resume", "--set", "train.passes=auto", "--set",
                              "train.epochs=3", "--allow-change", "train.epochs"});
  CAPTURE(more.err);
  CHECK(more.code == 0);
  CHECK(passes(here, "apart") == "apart");
}
