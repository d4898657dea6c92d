// What a run shows of its embeddings while it trains: in metrics.jsonl, as TensorBoard reads it,
// and when they collapse.
#include "catch.hpp"
#include "fashion.hpp"
#include "python.hpp"
#include "workplace.hpp"

#include <cmath>

namespace {

const std::string plugin = std::string(TANDEM_FIXTURE_PLUGINS) + "/other_kinds.so";

/// 200 steps of SimSiam without its stop-gradient.
Words collapsing(const Workplace& here, const Words& more) {
  Words words = here.tiny({"--plugin", plugin, "--objective", "no_stop_gradient", "--set",
                           "objective={ use = \"no_stop_gradient\", projector = [32, 32] }",
                           "--set", "data.synthetic_count=100", "--set", "train.batch_size=32",
                           "--set", "train.epochs=100", "--set", "optimizer.lr=0.1", "--set",
                           "schedule.warmup_epochs=0"});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// What TensorBoard's own reader finds in a run folder.
Json tensorboard(const std::filesystem::path& run) {
  const auto said = python("'" TANDEM_TEST_DIR "/cli/read_tensorboard.py' '" + run.string() + "'");
  CAPTURE(said.text);
  REQUIRE(said.code == 0);
  return Json::parse(said.text.substr(said.text.find("{\"scalars\"")));
}

/// The steps and values of a series equal those of events in metrics.jsonl, as floats.
void check_series(const Json& series, const std::vector<Json>& expected,
                  const std::function<double(const Json&)>& value) {
  REQUIRE(series.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(series[i][0] == expected[i].at("step"));
    CHECK(series[i][1].get<float>() == static_cast<float>(value(expected[i])));
  }
}

}  // namespace

TEST_CASE("a run looks at its embeddings every so many steps, and at the last one") {
  const Workplace here;
  const auto result = here.run(here.tiny({"--set", "eval.health_every=3"}));
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  const auto looks = events(here / "run", "health");
  REQUIRE(looks.size() == 3);
  const int steps[] = {3, 6, 8};
  for (std::size_t i = 0; i < looks.size(); ++i) {
    CHECK(looks[i].at("step") == steps[i]);
    CHECK(looks[i].at("embedding_std_even") == 0.25);  // 16 dimensions
    CHECK(looks[i].at("rank_limit") == 8);             // pictures of a batch
    CHECK(looks[i].at("embedding_std").get<double>() > 0);
    CHECK(looks[i].at("effective_rank").get<double>() >= 1);
    CHECK(looks[i].at("effective_rank").get<double>() <= 8.01);
    CHECK(looks[i].at("alignment").get<double>() >= 0);
    CHECK(looks[i].at("uniformity").get<double>() <= 0);
    CHECK(looks[i].at("gradient_norm").get<double>() > 0);
  }
  // Once an epoch, and at the end.
  const auto matrices = events(here / "run", "matrix");
  REQUIRE(matrices.size() == 3);
  CHECK(matrices[0].at("name") == "cross_correlation");
  CHECK(matrices[0].at("values").size() == 16 * 16);
  for (const auto& step : events(here / "run", "step"))
    CHECK(step.at("timing").at("health").get<double>() >= 0);

  const auto none = here.run(here.tiny({"--out", "none", "--set", "eval.health_every=\"never\""}));
  REQUIRE(none.code == 0);
  CHECK(events(here / "none", "health").empty());
  CHECK(events(here / "none", "matrix").empty());
  // Looking changes nothing.
  CHECK(read_file(here / "none/backbone.safetensors") ==
        read_file(here / "run/backbone.safetensors"));
}

TEST_CASE("TensorBoard's own reader finds every number of a run, its views and its matrix") {
  const Workplace here;
  REQUIRE(here.run(here.tiny({"--set", "eval.health_every=3"})).code == 0);
  const Json found = tensorboard(here / "run");
  const auto steps = events(here / "run", "step");
  const auto& scalars = found.at("scalars");
  check_series(scalars.at("train/loss"), steps,
               [](const Json& step) { return step.at("loss").get<double>(); });
  check_series(scalars.at("train/lr"), steps,
               [](const Json& step) { return step.at("lr").get<double>(); });
  check_series(scalars.at("train/on_diag"), steps,
               [](const Json& step) { return step.at("metrics").at("on_diag").get<double>(); });
  check_series(scalars.at("eval/knn_top1"), events(here / "run", "eval"),
               [](const Json& eval) { return eval.at("values").at("knn_top1").get<double>(); });
  for (const char* name : {"embedding_std", "effective_rank", "uniformity", "gradient_norm"}) {
    check_series(scalars.at(std::string("health/") + name), events(here / "run", "health"),
                 [&](const Json& health) { return health.at(name).get<double>(); });
  }
  CHECK(scalars.contains("time/images_per_s"));
  const auto& images = found.at("images");
  REQUIRE(images.at("views").size() == 1);
  CHECK(images.at("views")[0][3] == "89504e47");
  REQUIRE(images.at("cross_correlation").size() == 3);
  CHECK(images.at("cross_correlation")[2][0] == 8);
  CHECK(images.at("cross_correlation")[2][1] == 16 * 8);
}

TEST_CASE("a collapse is told within 200 steps, with its sign and a likely cause") {
  const Workplace here;
  const auto result = here.run(collapsing(here, {"--set", "train.max_steps=200"}));
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(has(result.err, "warning: step "));
  CHECK(has(result.err, "try a lower optimizer.lr"));
  const auto alarms = events(here / "run", "alarm");
  REQUIRE_FALSE(alarms.empty());
  CHECK(has(alarms[0].at("sign"), "nearly the same embedding"));
  CHECK(events(here / "run", "end").at(0).at("reason") == "finished");
}

TEST_CASE(
    "Barlow Twins, SimSiam and BYOL raise no alarm in 10 epochs of Fashion-MNIST's first "
    "pictures") {
  const Workplace here;
  if (!cut_fashion(here, "train", 320)) return;
  for (const std::string objective : {"barlow_twins", "simsiam", "byol"}) {
    CAPTURE(objective);
    const std::string preset =
        TANDEM_SOURCE_DIR "/examples/comparisons/fashion-mnist/" + objective + ".toml";
    const auto result =
        here.run({"train", preset, "--set", "data.path=\"train-images-idx3-ubyte\"", "--set",
                  "eval.knn_every=\"never\"", "--set", "train.batch_size=32", "--set",
                  "train.epochs=10", "--set", "eval.health_every=5", "--out", objective});
    CAPTURE(result.err);
    REQUIRE(result.code == 0);
    CHECK(events(here / objective, "health").size() == 20);
    CHECK(events(here / objective, "alarm").empty());
  }
}

TEST_CASE("guard.on_collapse = \"stop\" ends the run with exit code 7, its weights saved") {
  const Workplace here;
  const auto result = here.run(collapsing(here, {"--set", "guard.on_collapse=\"stop\""}));
  CAPTURE(result.err);
  CHECK(result.code == 7);
  CHECK(has(result.err, "nearly the same embedding"));
  CHECK(has(result.err, "guard.on_collapse"));
  CHECK_FALSE(has(result.err, "warning: step"));
  CHECK(here.exists("run/backbone.safetensors"));
  CHECK(events(here / "run", "end").at(0).at("reason") == "failed");
}
