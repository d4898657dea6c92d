// tandem eval on a finished run.
#include "catch.hpp"
#include "workplace.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace {

/// 160 pictures of 4 classes, a quarter held out: 30 a class to compare with.
const Words labelled = {"--json", "--set", "data.synthetic_count=160", "--set",
                        "eval.holdout=0.25"};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

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
  CHECK(has(unlabelled.err, "name labelled test pictures with --queries DIR"));

  REQUIRE(here.run(here.tiny({"--out", "other"})).code == 0);
  const auto nowhere = here.run({"eval", "knn", "other", "--queries", "nowhere"});
  CHECK(nowhere.code == 4);
  CHECK(has(nowhere.err, "nowhere: no such file or folder: check --queries or eval.path"));
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

TEST_CASE("several k and T in one pass, class by class, and other metrics and features") {
  const Workplace here;
  REQUIRE(here.run(here.tiny(labelled)).code == 0);
  const Words knn = {"eval", "knn", "run", "--json"};
  const double plain = knn_of(here.run(knn));

  const auto many =
      here.run(with(knn, {"--k", "1,20,200", "--temperature", "0.07,0.1", "--per-class"}));
  CAPTURE(many.err);
  REQUIRE(many.code == 0);
  const auto results = Json::parse(many.out).at("results");
  REQUIRE(results.size() == 6);
  const std::vector<int> ks = {1, 20, 120, 1, 20, 120};  // the bank has 120 rows
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(results[i].at("k") == ks[i]);
    CHECK(results[i].at("temperature") == (i < 3 ? 0.07 : 0.1));
    int right = 0, queries = 0;
    for (const auto& item : results[i].at("classes")) {
      right += item.at("right").get<int>();
      queries += item.at("queries").get<int>();
    }
    CHECK(queries == 40);
    CHECK(std::abs(results[i].at("knn_top1").get<double>() - 100.0 * right / 40) < 1e-9);
  }
  CHECK(results[4].at("knn_top1") == plain);
  CHECK(results[0].at("knn_top1") == results[3].at("knn_top1"));  // one vote has no temperature
  CHECK(has(Json::parse(many.out).at("protocol"), "cosine, k 1, 20, 120, T 0.07, 0.1"));
  const auto text = here.run({"eval", "knn", "run", "--k", "1,20", "--per-class"});
  CHECK(has(text.out, "k 20 T 0.1"));
  CHECK(has(text.out, "class  queries"));

  const auto baselines = here.run(with(knn, {"--baselines"}));
  const auto raw = here.run(with(knn, {"--raw"}));
  CHECK(knn_of(raw) == Json::parse(baselines.out).at("rows")[0].at("knn_top1").get<double>());
  CHECK(has(Json::parse(raw.out).at("protocol"), "raw pixels"));
  const auto euclidean = here.run(with(knn, {"--metric", "euclidean"}));
  CHECK(has(Json::parse(euclidean.out).at("protocol"), "euclidean, votes 1/(distance + 1e-5)"));
  const auto projector = here.run(with(knn, {"--features", "projector"}));
  CAPTURE(projector.err);
  REQUIRE(projector.code == 0);
  CHECK(has(Json::parse(projector.out).at("protocol"), "the objective's embedding of"));
}

TEST_CASE("options of eval knn that make no sense are refused") {
  const Workplace here;
  REQUIRE(here.run(here.tiny()).code == 0);
  for (const auto& wrong : std::vector<Words>{{"--k", "1,,2"},
                                              {"--temperature", "-1"},
                                              {"--metric", "manhattan"},
                                              {"--epoch", "best"},
                                              {"--holdout", "0.5"},
                                              {"--raw", "--features", "projector"},
                                              {"--metric", "euclidean", "--temperature", "1"},
                                              {"--baselines", "--k", "5"}}) {
    CAPTURE(wrong.back());
    CHECK(here.run(with({"eval", "knn", "run"}, wrong)).code == 2);
  }
}

TEST_CASE("files of features are judged as NumPy judges them") {
  const Workplace here;
  REQUIRE(here.run(here.tiny()).code == 0);
  const auto embed = [&](const std::string& out, const Words& more) {
    return here.run(
        with({"embed", "run", "--out", out, "--set", "data.synthetic_count=300"}, more));
  };
  REQUIRE(embed("bank.safetensors", {}).code == 0);
  REQUIRE(embed("test.safetensors", {"--set", "data.synthetic_size=20"}).code == 0);
  const auto answer = here.run({"eval", "knn", "bank.safetensors", "--queries", "test.safetensors",
                                "--k", "5,20", "--json"});
  CAPTURE(answer.err);
  REQUIRE(answer.code == 0);
  write_file(here / "answer.json", answer.out);
  write_file(here / "check.py", R"(
import json
import numpy as np
from safetensors.numpy import load_file
bank, test = load_file("bank.safetensors"), load_file("test.safetensors")
unit = lambda x: x.astype(np.float64) / np.linalg.norm(x.astype(np.float64), axis=1, keepdims=True)
similar = unit(test["features"]) @ unit(bank["features"]).T
for result in json.load(open("answer.json"))["results"]:
    right = 0
    for row, truth in zip(similar, test["labels"]):
        near = np.argsort(-row, kind="stable")[: result["k"]]
        votes = np.zeros(4)
        np.add.at(votes, bank["labels"][near], np.exp(row[near] / 0.1))
        right += votes.argmax() == truth
    # float32 may swap two rows that are equally similar in all but the last digits.
    assert abs(result["knn_top1"] * 3 - right) < 1.5, (result, right)
    assert 0 < right < 300, right
)");
  const std::string command =
      "cd '" + (here / "").string() + "' && " TANDEM_READERS " check.py 2>&1";
  CHECK(std::system(command.c_str()) == 0);

  const auto held = here.run({"eval", "knn", "bank.safetensors", "--holdout", "0.2", "--json"});
  CAPTURE(held.err);
  REQUIRE(held.code == 0);
  CHECK(has(Json::parse(held.out).at("protocol"), "bank 240 rows of bank.safetensors, 60 queries"));
  const auto seeded =
      here.run({"eval", "knn", "bank.safetensors", "--holdout", "0.2", "--seed", "1", "--json"});
  CHECK(has(Json::parse(seeded.out).at("protocol"), "seed 1"));

  const auto linear = here.run({"eval", "linear", "bank.safetensors", "--queries",
                                "test.safetensors", "--epochs", "5", "--json"});
  CAPTURE(linear.err);
  REQUIRE(linear.code == 0);
  CHECK(has(Json::parse(linear.out).at("protocol"), "300 queries from test.safetensors"));

  CHECK(here.run({"eval", "knn", "run/backbone.safetensors"}).code == 4);
  CHECK(here.run({"eval", "knn", "bank.safetensors", "--features", "projector"}).code == 2);
  CHECK(here.run({"eval", "knn", "bank.safetensors", "--baselines"}).code == 2);
  CHECK(here.run({"eval", "knn", "bank.safetensors", "--holdout", "1.5"}).code == 2);
}

TEST_CASE("the projector's features are what NumPy makes of the heads' file") {
  const Workplace here;
  std::filesystem::create_directories(here / "test");
  for (const char* name : {"a", "b", "c", "d"}) {
    const auto folder = here / "test" / name;
    std::filesystem::create_directories(folder);
    for (char i = 0; i < 5; ++i) {
      std::string pixels;
      for (int at = 0; at < 256; ++at)
        pixels += static_cast<char>(at * (name[0] - '_') * (i + 3) % 251);
      write_file(folder / (std::to_string(i) + ".pgm"), "P5 16 16 255\n" + pixels);
    }
  }
  REQUIRE(here.run(here.tiny({"--set", "eval.path=\"test\""})).code == 0);
  REQUIRE(here.run({"embed", "run", "--out", "bank.safetensors"}).code == 0);
  REQUIRE(here.run({"embed", "run", "--data", "test", "--out", "test.safetensors"}).code == 0);
  const auto answer =
      here.run({"eval", "knn", "run", "--features", "projector", "--k", "1,5,20", "--json"});
  CAPTURE(answer.err);
  REQUIRE(answer.code == 0);
  write_file(here / "answer.json", answer.out);
  write_file(here / "check.py", R"(
import json
import numpy as np
from safetensors.numpy import load_file
heads = {name: value.astype(np.float64) for name, value in load_file("run/objective.safetensors").items()}
first, last = [value for name, value in sorted(heads.items()) if value.ndim == 2]
part = lambda end: next(v for n, v in sorted(heads.items()) if n.endswith(end) and n.startswith("projector"))
def embed(name):
    z = load_file(name)["features"].astype(np.float64) @ first.T
    z = (z - part("running_mean")) / np.sqrt(part("running_var") + 1e-5) * part("1.weight") + part("1.bias")
    z = np.maximum(z, 0) @ last.T
    return z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
similar = embed("test.safetensors") @ embed("bank.safetensors").T
bank, truths = load_file("bank.safetensors")["labels"], load_file("test.safetensors")["labels"]
for result in json.load(open("answer.json"))["results"]:
    right = 0
    for row, truth in zip(similar, truths):
        near = np.argsort(-row, kind="stable")[: result["k"]]
        votes = np.zeros(4)
        np.add.at(votes, bank[near], np.exp(row[near] / 0.1))
        right += votes.argmax() == truth
    # float32 may swap two rows that are equally similar in all but the last digits.
    assert abs(result["knn_top1"] / 5 - right) < 1.5, (result, right)
)");
  const std::string command =
      "cd '" + (here / "").string() + "' && " TANDEM_READERS " check.py 2>&1";
  CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("the best epoch's weights are kept, and not where test pictures would choose them") {
  const Workplace here;
  REQUIRE(here.run(here.tiny(with(labelled, {"--set", "eval.knn_every=1"}))).code == 0);
  double best = 0;
  for (const auto& event : events(here / "run", "eval"))
    best = std::max(best, event.at("values").at("knn_top1").get<double>());
  const auto answer = here.run({"eval", "knn", "run", "--epoch", "best", "--json"});
  CAPTURE(answer.err);
  REQUIRE(answer.code == 0);
  CHECK(knn_of(answer) == best);
  CHECK(has(Json::parse(answer.out).at("protocol"), "chosen on these very queries"));
  Words table = {"eval", "knn", "run", "--baselines", "--json"};
  CHECK_FALSE(has(Json::parse(here.run(table).out).at("protocol"), "the best kNN"));
  table.insert(table.end(), {"--epoch", "best"});
  CHECK(has(Json::parse(here.run(table).out).at("protocol"),
            "the trained network of the epoch with the best kNN, chosen on these very queries"));

  std::filesystem::create_directories(here / "test/a");
  std::filesystem::create_directories(here / "test/b");
  write_file(here / "test/a/1.pgm", "P5 16 16 255\n" + std::string(256, 'x'));
  write_file(here / "test/b/1.pgm", "P5 16 16 255\n" + std::string(256, '!'));
  REQUIRE(here.run(here.tiny({"--out", "other", "--set", "eval.knn_every=1", "--set",
                              "eval.path=\"test\""}))
              .code == 0);
  CHECK(!here.exists("other/backbone-best.safetensors"));
  CHECK(here.run({"eval", "knn", "other", "--epoch", "best"}).code == 2);

  // A run that was told never to evaluate can be asked about test pictures.
  REQUIRE(here.run(here.tiny({"--out", "never", "--set", "eval.knn_every=\"never\""})).code == 0);
  const auto asked = here.run({"eval", "knn", "never", "--queries", "test", "--json"});
  CAPTURE(asked.err);
  REQUIRE(asked.code == 0);
  CHECK(has(Json::parse(asked.out).at("protocol"), "bank 40 training pictures, 2 queries from"));
  REQUIRE(here.run(here.tiny({"--out", "named", "--set", "eval.knn_every=\"never\"", "--set",
                              "eval.path=\"test\""}))
              .code == 0);
  CHECK(here.run({"eval", "knn", "named"}).code == 0);
  // What cannot be asked is told beside the baselines too.
  write_file(here / "test/b/2.pgm", "P5 16 16 255\ncut off");
  const auto beside = here.run({"eval", "knn", "named", "--baselines", "--json"});
  CAPTURE(beside.err);
  REQUIRE(beside.code == 0);
  CHECK(has(Json::parse(beside.out).at("protocol"), "un-augmented, of which 0 and 1 take no part"));
}

TEST_CASE("features that are not finite are told with the first picture, and end no training") {
  const Workplace here;
  // One step of such a rate leaves weights whose products overflow.
  const auto trained =
      here.run(here.tiny(with(labelled, {"--set", "train.max_steps=1", "--set", "optimizer.lr=1e30",
                                         "--set", "schedule.warmup_epochs=0"})));
  CAPTURE(trained.err);
  CHECK(trained.code == 0);
  CHECK(has(trained.err, "no kNN after 1 step"));
  CHECK(here.exists("run/backbone.safetensors"));
  CHECK(here.exists("run/objective.safetensors"));
  CHECK(events(here / "run", "end").at(0).at("reason") == "finished");
  CHECK(events(here / "run", "eval").empty());
  for (const Words& words :
       {Words{"eval", "knn", "run"}, Words{"eval", "linear", "run"},
        Words{"eval", "knn", "run", "--baselines"}, Words{"embed", "run", "--out", "f.npy"}}) {
    CAPTURE(words[0], words[1]);
    const auto result = here.run(words);
    CHECK(result.code == 7);
    CHECK(has(result.err, "are not finite, the first synthetic"));
  }
}
