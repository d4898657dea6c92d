// Several runs trained and compared by one command, and finished ones compared.
#include "catch.hpp"
#include "workplace.hpp"

#include <csignal>
#include <cstdlib>

namespace {

void write_configurations(const Workplace& here) {
  auto text = read_file(here / "tiny.toml");
  write_file(here / "a.toml", text);
  const std::string use = "use = \"barlow_twins\"";
  text.replace(text.find(use), use.size(), "use = \"simsiam\"\npredictor_hidden = 8");
  write_file(here / "b.toml", text);
}

const Words short_runs = {"--set", "train.epochs=1", "--out", "all"};

Words compare(const Words& more = {}) {
  Words words = {"compare", "a.toml", "b.toml"};
  words.insert(words.end(), short_runs.begin(), short_runs.end());
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

TEST_CASE("runs of one comparison have one number type, that of its first run") {
  const Workplace here;
  write_configurations(here);
  REQUIRE(here.run(compare({"--set", "run.precision=\"float64\""})).code == 0);
  // Goes on with more seeds, where the type is left open.
  const auto more = here.run(compare({"--seeds", "2", "--set", "run.precision=\"auto\""}));
  CAPTURE(more.err);
  REQUIRE(more.code == 0);
  CHECK(has(more.err, "2 of 4 runs are there already"));
  for (const char* run : {"all/a/seed-1", "all/b/seed-1"})
    CHECK(has(read_file(here / run / "config.toml"), "precision = \"float64\""));
}

TEST_CASE("the number type that is left open is that of the runs that left it open") {
  const Workplace here;
  write_configurations(here);
  const auto give = [&](const char* file, const std::string& type) {
    auto text = read_file(here / file);
    const std::string given = "precision = \"float32\"";
    write_file(here / file, text.replace(text.find(given), given.size(), type));
  };
  give("a.toml", "precision = \"float64\"");
  REQUIRE(here.run(compare()).code == 0);
  // The first configuration's own word is not the other's.
  give("b.toml", "precision = \"auto\"");
  const auto more = here.run(compare({"--seeds", "2"}));
  CAPTURE(more.err);
  REQUIRE(more.code == 0);
  CHECK(has(more.err, "2 of 4 runs are there already"));
  CHECK(has(read_file(here / "all/a/seed-1/config.toml"), "precision = \"float64\""));
  CHECK(has(read_file(here / "all/b/seed-1/config.toml"), "precision = \"float32\""));
}

TEST_CASE("what each run is given its own of is refused in --set, before training") {
  const Workplace here;
  write_configurations(here);
  const auto refused = [&](const Words& words, const std::string& remedy) {
    const auto result = here.run(words);
    CAPTURE(result.err);
    CHECK(result.code == 2);
    CHECK(has(result.err, remedy));
    CHECK_FALSE(here.exists("all"));
  };
  const std::string seeds = "--seeds N trains with the seeds 0 to N-1",
                    out = "name the folder for all runs with --out DIR";
  refused(compare({"--set", "run.seed=3"}), seeds);
  refused(compare({"--set", "run.out=mine"}), out);
  refused(compare({"--set", "run={seed = 3}"}), seeds);
  refused({"sweep", "a.toml", "--out", "all", "--set", "run.seed=0,1"}, seeds);
  refused(
      {"sweep", "a.toml", "--out", "all", "--set", "optimizer.lr=0.1,0.2", "--set", "run.out=mine"},
      out);
  CHECK_FALSE(here.exists("mine"));
}

TEST_CASE("configurations without an accuracy are told before training, and so on the page") {
  const Workplace here;
  write_configurations(here);
  std::filesystem::create_directory(here / "set");
  for (int i = 0; i < 16; ++i) {  // at the top of a folder: without a class
    std::string pixels;
    for (int at = 0; at < 3 * 16 * 16; ++at) pixels += static_cast<char>(at * (i + 3) % 251);
    write_file(here / ("set/" + std::to_string(i) + ".ppm"), "P6 16 16 255\n" + pixels);
  }
  const Words set = {"--set", "data.source=\"auto\"", "--data", "set", "--seeds", "2"};
  const auto result = here.run(compare(set));
  CAPTURE(result.err, result.out);
  REQUIRE(result.code == 0);
  const auto warned =
      result.err.find("there will be no accuracy of a, b to compare: the pictures have no labels");
  REQUIRE(warned != std::string::npos);
  CHECK(warned < result.err.find("run 1 of 4"));
  const auto page = read_file(here / "all/compare.html");
  CHECK(has(result.out, "No accuracy of a, b: the pictures have no labels"));
  CHECK(has(page, "No accuracy of a, b: the pictures have no labels"));
  for (const auto& text : {result.out, page}) CHECK_FALSE(has(text, "has no interval without"));
  // Where nothing is trained there is nothing to be warned of.
  CHECK_FALSE(has(here.run(compare(set)).err, "there will be no accuracy"));

  const auto never = here.run({"compare", "a.toml", "b.toml", "--set", "train.max_steps=1", "--set",
                               "eval.knn_every=\"never\"", "--out", "never"});
  CAPTURE(never.err);
  REQUIRE(never.code == 0);
  CHECK(has(never.err, "there will be no accuracy of a, b to compare"));
}

TEST_CASE("configurations are trained with each seed, kept when finished, and compared") {
  const Workplace here;
  write_configurations(here);
  const auto result = here.run(compare({"--seeds", "2", "--json"}));
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  CHECK(has(result.err, "run 1 of 4: a, seed 0"));
  CHECK(has(result.err, "run 4 of 4: b, seed 1; about 0:"));
  const auto json = Json::parse(result.out);
  CHECK(json.at("cautions").empty());
  const auto& rows = json.at("configurations");
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].at("difference_to_first").at("pairs") == 2);
  // The numbers are those of the runs: means and differences by hand.
  double mean[2] = {0, 0};
  for (int row = 0; row < 2; ++row) {
    for (int seed = 0; seed < 2; ++seed) {
      const std::string folder =
          std::string(row == 0 ? "all/a" : "all/b") + "/seed-" + std::to_string(seed);
      const auto config = read_file(here / folder / "config.toml");
      CHECK(has(config, "seed = " + std::to_string(seed) + "\n"));
      CHECK(Json::parse(read_file(here / folder / "manifest.json")).at("peak_memory_bytes") >
            10'000'000);
      mean[row] +=
          events(here / folder, "eval").back().at("values").at("knn_top1").get<double>() / 2;
    }
    CHECK(rows[row].at("knn_top1").at("mean").get<double>() == Approx(mean[row]));
  }
  CHECK(rows[1].at("difference_to_first").at("mean").get<double>() == Approx(mean[1] - mean[0]));
  CHECK(has(read_file(here / "all/compare.html"), "<title>a · b</title>"));

  // Once more: nothing is trained; the text says what the numbers are.
  const auto before = files_of(here / "all/a/seed-0");
  const auto again = here.run(compare({"--seeds", "2"}));
  CHECK(again.code == 0);
  CHECK(has(again.err, "4 of 4 runs are there already"));
  CHECK_FALSE(has(again.err, "run 1 of"));
  CHECK(files_of(here / "all/a/seed-0") == before);
  CHECK(has(again.out, "kNN top1 in %, cosine, k 20, T 0.1"));
  CHECK(has(again.out, "not tuned"));

  // What is there of other settings is not taken for the same, nor replaced.
  const auto other = here.run(compare({"--set", "optimizer.lr=0.5"}));
  CHECK(other.code == 2);
  CHECK(has(other.err, "optimizer.lr was 0.02, not 0.5"));
  CHECK(has(other.err, "--overwrite"));
  CHECK(files_of(here / "all/a/seed-0") == before);

  // The runs themselves, read: seeds are found again.
  const auto read = here.run(
      {"compare", "all/a/seed-0", "all/b/seed-0", "all/a/seed-1", "all/b/seed-1", "--json"});
  REQUIRE(read.code == 0);
  CHECK(Json::parse(read.out).at("configurations") == rows);
  CHECK(here.exists("compare.html"));

  // What another build of a plugin has trained is no result of this one.
  const std::string manifest = "all/a/seed-1/manifest.json", whole = read_file(here / manifest);
  auto altered = Json::parse(whole);
  altered.at("plugins").at(0).at("sha256") = std::string(64, '0');
  write_file(here / manifest, altered.dump());
  const auto refused = here.run(compare({"--seeds", "2"}));
  CHECK(refused.code == 2);
  CHECK(has(refused.err, "all/a/seed-1 holds a run of other plugins: "));
  CHECK(has(refused.err, "is another build"));
  CHECK(read_file(here / manifest) == altered.dump());
}

TEST_CASE("what would not be compared on equal terms is refused before training") {
  const Workplace here;
  write_configurations(here);
  write_file(here / "c.toml", read_file(here / "a.toml") + "[eval]\nk = 5\n");
  const auto result = here.run({"compare", "a.toml", "c.toml", "--out", "all"});
  CHECK(result.code == 3);
  CHECK(has(result.err, "eval.k: 20 in a.toml, 5 in c.toml"));
  CHECK_FALSE(here.exists("all"));
  const auto nowhere = here.run({"compare", "a.toml", "b.toml"});
  CHECK(nowhere.code == 2);
  CHECK(has(nowhere.err, "--out DIR"));
  CHECK(here.run({"compare"}).code == 2);
  CHECK(here.run({"compare", "a.toml", "."}).code == 2);
  const auto mixed = here.run({"compare", ".", "there_is_none"});
  CHECK(mixed.code == 2);
  CHECK(has(mixed.err, "there_is_none is no folder"));
  CHECK(here.run(compare({"--seeds", "0"})).code == 2);
  const auto none = here.run({"compare", "."});
  CHECK(none.code == 2);
  CHECK(has(none.err, ". is not a run folder"));
}

TEST_CASE("a signal ends the run that goes on, then the comparison; a later one begins there") {
  const Workplace here;
  write_configurations(here);
  const Words endless = {"compare", "a.toml", "b.toml", "--set", "train.epochs=100000",
                         "--out",   "all"};
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    program::Process process(here.call(endless));
    process.until([&] {  // not the one before
      const auto run = here / "all/a/seed-0";
      return events(run, "end").empty() && events(run, "step").size() >= 3;
    });
    process.send(signal);
    const auto result = process.wait();
    CAPTURE(result.err);
    CHECK(result.code == 128 + signal);
    CHECK(has(result.err, "interrupted after "));
    CHECK(has(result.err, "the same command goes on from there"));
    CHECK_FALSE(has(result.err, "error:"));
    CHECK(events(here / "all/a/seed-0", "end").at(0).at("reason") == "interrupted");
    CHECK_FALSE(here.exists("all/b"));
    if (signal == SIGTERM) CHECK(has(result.err, "was not finished: it goes on"));
  }
}

TEST_CASE("a comparison that replaces runs goes on without --overwrite") {
  const Workplace here;
  write_configurations(here);
  Words words = {"compare", "a.toml", "b.toml", "--set", "train.epochs=100000", "--out", "all"};
  const auto stopped = [&](std::size_t steps) {
    program::Process process(here.call(words));
    process.until([&] { return events(here / "all/a/seed-0", "step").size() >= steps; });
    process.send(SIGINT);
    return process.wait();
  };
  words.emplace_back("--overwrite");
  const auto first = stopped(3);
  CHECK(first.code == 130);
  CHECK(has(first.err, "the same command without --overwrite goes on from there"));
  const auto steps = events(here / "all/a/seed-0", "step").size();
  words.pop_back();
  const auto second = stopped(steps + 1);
  CHECK(has(second.err, "was not finished: it goes on"));
  CHECK(has(second.err, "the same command goes on from there"));
}

TEST_CASE("a supervisor that ignores the ends of its children does not hang a comparison") {
  const Workplace here;
  const std::string folder = (here / "").string(), program = TANDEM_PROGRAM;
  const std::string command = "cd '" + folder + "' && trap '' CHLD && exec timeout 120 '" +
                              program +
                              "' compare tiny.toml --set train.max_steps=1 --out all >out 2>err";
  CHECK(std::system(command.c_str()) == 0);
  CHECK(here.exists("all/compare.html"));
}

TEST_CASE("a run that fails is told, and the others are compared") {
  const Workplace here;
  write_configurations(here);
  const auto result = here.run({"sweep", "a.toml", "--set", "optimizer.lr=0.02,1e30", "--set",
                                "objective.projector=[16, 16]", "--out", "all"});
  CAPTURE(result.err);
  CHECK(result.code == 7);
  CHECK(has(result.err, "lr=1e30/seed-0 failed with exit code 7"));
  CHECK(has(result.out, "lr=0.02"));
  CHECK(has(result.out, "0 of 1"));
  CHECK(has(result.out, "CAUTION: lr=1e30/seed-0 failed after"));
}

TEST_CASE("runs to compare are named once; what is for training is refused") {
  const Workplace here;
  REQUIRE(here.run(here.tiny()).code == 0);
  const auto refused = [&](int code, const std::string& what, const Words& more) {
    Words words = {"compare", "run"};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = here.run(words);
    CAPTURE(result.err);
    CHECK(result.code == code);
    CHECK(has(result.err, what));
    CHECK(count(result.err, "\n") == 1);
  };
  refused(2, "run/../run is named twice", {"run/../run"});
  refused(2, "--overwrite and --seeds are for configurations", {"--seeds", "3"});
  refused(2, "--overwrite and --seeds are for configurations", {"--overwrite"});
  refused(8, "tiny.toml/page cannot be made", {"--out", "tiny.toml/page"});
}

TEST_CASE("what an earlier comparison left is not taken for a run that failed") {
  const Workplace here;
  write_configurations(here);
  REQUIRE(here.run(compare()).code == 0);
  // The second configuration cannot begin any more.
  const auto result = here.run(compare({"--overwrite", "--json", "--set", "data.synthetic_count=8",
                                        "--set", "eval.holdout=0", "--set", "train.batch_size=9"}));
  CAPTURE(result.err);
  CHECK(result.code != 0);
  CHECK_FALSE(has(result.out, "\"end\": \"finished\""));
}

TEST_CASE("a sweep is every combination of values; commas in brackets belong to one") {
  const Workplace here;
  const auto result = here.run({"sweep", "tiny.toml", "--set", "optimizer.lr=0.01,0.02", "--set",
                                "objective.projector=[16],[8, 8]", "--set", "train.max_steps=1",
                                "--out", "grid", "--json"});
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  const Words labels = {"lr=0.01,projector=16", "lr=0.01,projector=8_8", "lr=0.02,projector=16",
                        "lr=0.02,projector=8_8"};
  const auto json = Json::parse(result.out);
  REQUIRE(json.at("configurations").size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(json["configurations"][i].at("configuration") == labels[i]);
    const auto config = read_file(here / "grid" / labels[i] / "seed-0/config.toml");
    CHECK(has(config, i < 2 ? "\nlr = 0.01\n" : "\nlr = 0.02\n"));
    CHECK(has(config, i % 2 == 0 ? "\nprojector = [16]\n" : "\nprojector = [8, 8]\n"));
    CHECK(has(config, "\nmax_steps = 1\n"));
  }
  CHECK(here.run({"sweep", "tiny.toml", "--set", "train.epochs=1", "--out", "one"}).code == 2);
  CHECK(here.run({"sweep", "tiny.toml", "--set", "train.epochs=1,,2", "--out", "one"}).code == 2);
  CHECK_FALSE(here.exists("one"));
}
