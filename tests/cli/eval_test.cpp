// tandem eval on a finished run.
#include "catch.hpp"
#include "workplace.hpp"

namespace {

/// 160 pictures of 4 classes, a quarter held out: 30 a class to compare with.
const Words labelled = {"--json", "--set", "data.synthetic_count=160", "--set",
                        "eval.holdout=0.25"};

double knn_of(const Result& result) {
  return Json::parse(result.out).at("knn_top1").get<double>();
}

}  // namespace

TEST_CASE("eval knn gives the run's own accuracy, every time, and leaves the run alone") {
  const Workplace here;
  const auto trained = here.run(here.tiny(labelled));
  REQUIRE(trained.code == 0);
  const auto before = files_of(here / "run");

  const auto first = here.run({"eval", "knn", "run", "--json"});
  CAPTURE(first.err);
  REQUIRE(first.code == 0);
  const auto answer = Json::parse(first.out);
  CHECK(knn_of(first) >= 0);
  CHECK(knn_of(first) <= 100);
  CHECK(answer.at("epochs") == 2.0);
  CHECK(has(answer.at("protocol"), "bank 120 training pictures, 40 queries"));
  CHECK(knn_of(first) ==
        Json::parse(trained.out).at("evaluations")[0].at("values").at("knn_top1").get<double>());
  CHECK(here.run({"eval", "knn", "run", "--json"}).out == first.out);

  const auto table = here.run({"eval", "knn", "run", "--baselines", "--json"});
  CAPTURE(table.err);
  REQUIRE(table.code == 0);
  const auto rows = Json::parse(table.out).at("rows");
  REQUIRE(rows.size() == 4);
  const Words names = {"raw pixels", "PCA-128 of raw pixels", "untrained resnet10",
                       "trained resnet10"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(rows[i].at("features") == names[i]);
    for (const char* key : {"knn_top1", "best_knn_top1", "ten_labels_top1", "shifted_knn_top1"}) {
      CHECK(rows[i].at(key) >= 0);
      CHECK(rows[i].at(key) <= 100);
    }
    CHECK(rows[i].at("best_knn_top1") >= rows[i].at("knn_top1"));
  }
  CHECK(rows[3].at("knn_top1").get<double>() == knn_of(first));
  CHECK(here.run({"eval", "knn", "run", "--baselines", "--json"}).out == table.out);
  CHECK(files_of(here / "run") == before);

  const auto text = here.run({"eval", "knn", "run", "--baselines"});
  CHECK(text.code == 0);
  for (const auto& name : names) CHECK(has(text.out, name));
  CHECK(has(text.out, "10 labels a class"));
  CHECK(has(text.out, "trained for 2"));
}

TEST_CASE("weights that do not fit, and runs without labels, are told") {
  const Workplace here;
  REQUIRE(here.run(here.tiny({"--set", "eval.knn_every=\"never\""})).code == 0);
  const auto unlabelled = here.run({"eval", "knn", "run"});
  CHECK(unlabelled.code == 4);
  CHECK(has(unlabelled.err, "kNN needs labels"));

  REQUIRE(here.run(here.tiny({"--out", "other"})).code == 0);
  const auto whole = read_file(here / "other/backbone.safetensors");
  write_file(here / "other/backbone.safetensors", whole.substr(0, whole.size() - 100));
  const auto cut = here.run({"eval", "knn", "other"});
  CHECK(cut.code == 6);
  CHECK(has(cut.err, "other/backbone.safetensors"));

  std::filesystem::copy_file(here / "other/objective.safetensors",
                             here / "other/backbone.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  const auto foreign = here.run({"eval", "knn", "other"});
  CHECK(foreign.code == 6);
  CHECK(has(foreign.err, "does not fit this network"));

  std::filesystem::remove(here / "other/backbone.safetensors");
  const auto missing = here.run({"eval", "knn", "other"});
  CHECK(missing.code == 6);
  CHECK(has(missing.err, "other/backbone.safetensors"));
}
