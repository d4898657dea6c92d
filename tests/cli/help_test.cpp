// What the program says about itself, and where it says it.
#include "catch.hpp"
#include "workplace.hpp"

namespace {

const Words everywhere = {"--plugin", "--plugin-path", "--json", "--verbose", "--quiet", "--help"};

struct Command {
  std::string name;
  Words options;
};

const std::vector<Command> commands = {
    {"train",
     {"--data", "--objective", "--backbone", "--out", "--device", "--set", "--overwrite",
      "--resume", "--allow-change", "--replay", "--dry-run", "--ranks", "--init-from",
      "--strip-prefix"}},
    {"compare",
     {"--data", "--objective", "--backbone", "--device", "--set", "--seeds", "--out",
      "--overwrite"}},
    {"sweep",
     {"--data", "--objective", "--backbone", "--device", "--set", "--seeds", "--out",
      "--overwrite"}},
    {"eval", {}},
    {"embed", {"--data", "--out", "--overwrite", "--set", "--trust"}},
    {"export", {"--format", "--out", "--part", "--overwrite", "--trust"}},
    {"ckpt", {"--keep"}},
    {"data", {"--set"}},
    {"bench", {}},
    {"doctor", {}},
    {"augment",
     {"--out", "--images", "--epoch", "--first", "--steps", "--set", "--data", "--objective",
      "--backbone", "--device"}},
    {"plugins",
     {"--input", "--pool", "--set", "--trust", "--seed", "--group", "--rule", "--time-limit",
      "--total-limit", "--list", "--in-process", "--into"}},
    {"config",
     {"--data", "--objective", "--backbone", "--out", "--device", "--set", "--origin", "--docs"}},
};

}  // namespace

TEST_CASE("the program's help names every command, and each command's help every option") {
  const Workplace here;
  const auto program = here.run({"--help"});
  CHECK(program.code == 0);
  CHECK(program.err.empty());
  for (const auto& [name, options] : commands) {
    CAPTURE(name);
    CHECK(has(program.out, "\n  " + name + " "));
    const auto help = here.run({name, "--help"});
    CHECK(help.code == 0);
    CHECK(help.err.empty());
    CHECK(has(help.out, "tandem " + name + " "));
    for (const auto& option : everywhere) CHECK(has(help.out, option + " "));
    for (const auto& option : options) CHECK(has(help.out, "  " + option + " "));
    // Every line of options that begins with a dash is one of these.
    CHECK(count(help.out, "\n  -") == static_cast<int>(options.size() + everywhere.size()));
  }
}

TEST_CASE("each kind of evaluation and of measurement has a help of its own") {
  const Workplace here;
  const std::vector<Command> kinds = {
      {"eval knn",
       {"--features", "--raw", "--epoch", "--queries", "--holdout", "--seed", "--k",
        "--temperature", "--metric", "--per-class", "--baselines", "--trust"}},
      {"eval linear",
       {"--features", "--raw", "--epoch", "--queries", "--holdout", "--seed", "--fraction",
        "--epochs", "--lr", "--seeds", "--trust"}},
      {"bench data",
       {"--seconds", "--rounds", "--steps", "--set", "--data", "--objective", "--backbone",
        "--device", "--out"}},
      {"bench knn", {"--bank", "--queries", "--width", "--threads", "--rounds"}},
      {"bench loss",
       {"--objective", "--batch", "--dim", "--threads", "--seconds", "--rounds", "--set"}},
      {"bench roofline",
       {"--rounds", "--seconds", "--set", "--data", "--objective", "--backbone", "--device"}},
      {"bench step",
       {"--rounds", "--seconds", "--one-batch", "--set", "--data", "--objective", "--backbone",
        "--device"}},
  };
  for (const auto& [name, options] : kinds) {
    CAPTURE(name);
    const auto space = name.find(' ');
    const auto help = here.run({name.substr(0, space), name.substr(space + 1), "--help"});
    CHECK(help.code == 0);
    CHECK(has(help.out, "tandem " + name + " "));
    for (const auto& option : options) CHECK(has(help.out, "  " + option + " "));
    CHECK(count(help.out, "\n  -") == static_cast<int>(options.size() + everywhere.size()));
  }
}

TEST_CASE("without words the program says what it is and exits with 2") {
  const Workplace here;
  const auto result = here.run({});
  CHECK(result.code == 2);
  CHECK(result.out.empty());
  CHECK(has(result.err, "tandem COMMAND"));
  const auto version = here.run({"--version"});
  CHECK(version.code == 0);
  CHECK(has(version.out, "tandem 0."));
}

TEST_CASE("a configuration is shown in full, with its origins, and read back the same") {
  const Workplace here;
  const auto shown = here.run({"config", "show", "tiny.toml", "--set", "train.epochs=7"});
  CHECK(shown.code == 0);
  CHECK(shown.err.empty());
  CHECK(has(shown.out, "epochs = 7\n"));
  CHECK(has(shown.out, "momentum = 0.9\n"));
  write_file(here / "again.toml", shown.out);
  CHECK(here.run({"config", "show", "again.toml"}).out == shown.out);

  write_file(here / "my.toml", "[train]\nbatch_size = 8\n");
  const auto origins = here.run(
      {"config", "show", "my.toml", "--origin", "--objective", "byol", "--set", "train.epochs=7"});
  CHECK(has(origins.out, "batch_size = 8  # my.toml:2:14\n"));
  CHECK(has(origins.out, "epochs = 7  # --set #1\n"));
  CHECK(has(origins.out, "use = \"byol\"  # --objective\n"));
  CHECK(has(origins.out, "momentum = 0.9  # default\n"));
  CHECK(has(here.run({"config", "show", "--docs"}).out,
            "epochs = 100  # passes over the training pictures"));

  const auto machine = here.run({"config", "show", "my.toml", "--json"});
  std::map<std::string, std::pair<std::string, std::string>> values;
  for (const auto& item : Json::parse(machine.out))
    values[item.at("key")] = {item.at("value"), item.at("origin")};
  CHECK(values.at("train.batch_size") ==
        std::make_pair(std::string("8"), std::string("my.toml:2:14")));
  CHECK(values.at("view[1].ops[0].use").first == "\"random_resized_crop\"");
}

TEST_CASE("a configuration is checked without being run") {
  const Workplace here;
  const auto fine = here.run({"config", "check", "tiny.toml"});
  CHECK(fine.code == 0);
  CHECK(fine.err.empty());
  CHECK(Json::parse(here.run({"config", "check", "tiny.toml", "--json"}).out).at("fine") == true);
  const auto wrong = here.run({"config", "check", "tiny.toml", "--set", "train.epochs=0"});
  CHECK(wrong.code == 3);
  CHECK(wrong.out.empty());
  CHECK(here.exists("run") == false);
}
