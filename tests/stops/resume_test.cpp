// Runs that are stopped and go on: bit for bit as if nobody had stopped them.
#include "catch.hpp"
#include "resuming.hpp"

#include <csignal>
#include <cstdlib>

namespace {

constexpr int steps = 8, steps_per_epoch = 4;

bool in_full() {
  return std::getenv("TANDEM_TEST_LONG") != nullptr;
}

/// What is trained, under a name.
struct Training {
  std::string name;
  Words more;
};

/// `words`, and each of `settings` behind a --set.
Words with(Words words, const Words& settings) {
  for (const auto& setting : settings) words.insert(words.end(), {"--set", setting});
  return words;
}

Training objective(const std::string& id) {
  return {id, {small_objective(id), "eval.online_probe=true", "eval.knn_every=1"}};
}

Words call(const Workplace& here, const Training& training, const std::string& out,
           const Words& settings = {}) {
  return with(with(here.tiny({"--out", out}), training.more), settings);
}

/// Which line of metrics is a step's: the start comes first, and each epoch ends with three. The
/// last step is looked at before it has its own.
int line_of(int step) {
  return 1 + step + (step > steps_per_epoch ? 3 : 0) + (step == steps ? 2 : 0);
}

/// Stopped by SIGTERM at the line of a step's metrics, or killed before the checkpoint of the step
/// after it. Exit codes 143 and -9.
Result stop_after(const Workplace& here, const Training& training, const std::string& out, int step,
                  bool kill, int workers) {
  Words settings = {"data.workers=" + std::to_string(workers)};
  if (kill) settings.push_back("checkpoint.every_steps=1");
  const auto next = "checkpoints/.step-0000000" + std::to_string(step + 1);
  const auto environment = !kill ? fault("SIGTERM", "metrics.jsonl", line_of(step), "write")
                           : step == steps
                               ? fault("kill", "metrics.jsonl", line_of(step) + 1, "write")
                               : fault("kill", next, 1);
  return here.run(call(here, training, out, settings), environment);
}

void check_resumed(const Workplace& here, const Training& training, const Ended& whole, int step,
                   bool kill, int workers) {
  CAPTURE(training.name, step, kill, workers);
  const std::string out =
      training.name + "-" + std::to_string(step) + (kill ? "k" : "t") + std::to_string(workers);
  const auto stopped = stop_after(here, training, out, step, kill, workers);
  CAPTURE(stopped.err);
  REQUIRE(stopped.code == (kill ? -9 : 143));
  // With another number of workers than before: pixels are the same with any.
  auto words = call(here, training, out, {"data.workers=" + std::to_string((workers + 1) % 3)});
  words.push_back("--resume");
  const auto resumed = here.run(words);
  CAPTURE(resumed.err);
  REQUIRE(resumed.code == 0);
  if (step > 0) CHECK(has(resumed.err, "goes on after step " + std::to_string(step) + " of 8"));
  check_same(whole, ended(here / out));
}

void check_every_stop(const Training& training) {
  const Workplace here;
  REQUIRE(here.run(call(here, training, "whole", {"data.workers=2"})).code == 0);
  const Ended whole = ended(here / "whole");
  REQUIRE(whole.tensors.size() == 4);
  int turn = 0;
  for (const int step : {0, 1, 2, steps_per_epoch, steps}) {
    for (const bool kill : {false, true}) {
      const std::vector<int> workers = {0, 1, 4};
      if (in_full()) {
        for (const int count : workers) check_resumed(here, training, whole, step, kill, count);
      } else {
        check_resumed(here, training, whole, step, kill, workers[turn++ % 3]);
      }
    }
  }
}

}  // namespace

TEST_CASE("a Barlow Twins run goes on to the same bits from wherever it was stopped") {
  check_every_stop(objective("barlow_twins"));
}

TEST_CASE("a SimSiam run goes on to the same bits from wherever it was stopped") {
  check_every_stop(objective("simsiam"));
}

TEST_CASE("a BYOL run goes on to the same bits from wherever it was stopped") {
  check_every_stop(objective("byol"));
}

TEST_CASE("what is counted between two lines of the log, or two looks at health, goes on too") {
  for (const char* id : {"barlow_twins", "simsiam", "byol"}) {
    const Workplace here;
    const auto training = objective(id);
    // Kills after steps 2, 4 and 7: before the first look, after it, and after the second.
    const Words settings = {"train.log_every=3", "eval.health_every=3"};
    REQUIRE(here.run(call(here, training, "whole", settings)).code == 0);
    for (const int step : {2, 4, 7}) {
      CAPTURE(id, step);
      auto saving = settings;
      saving.push_back("checkpoint.every_steps=1");
      const auto out = "run" + std::to_string(step);
      const auto next = "checkpoints/.step-0000000" + std::to_string(step + 1);
      REQUIRE(here.run(call(here, training, out, saving), fault("kill", next, 1)).code == -9);
      const auto resumed = here.run({"train", out, "--resume"});
      CAPTURE(resumed.err);
      REQUIRE(resumed.code == 0);
      CHECK(has(resumed.err, "goes on after step " + std::to_string(step) + " of 8"));
      check_same(ended(here / "whole"), ended(here / out));
    }
  }
}

TEST_CASE("a queue, a centre and prototypes of a plugin's go on too, and Adam's and LARS's state") {
  const Workplace here;
  const std::string plugin = std::string(TANDEM_FIXTURE_PLUGINS) + "/other_kinds.so";
  const std::vector<Training> kinds = {
      {"moco",
       {"objective={use = \"moco\", projector = [32, 16], queue = 64, momentum = 0.9}",
        "optimizer={use = \"adamw\", lr = 3e-3}"}},
      {"dino",
       {"objective={use = \"dino\", projector = [32, 16], prototypes = 32, momentum = 0.9}",
        "optimizer={use = \"lars\", lr = 0.2}"}},
      {"swav", {"objective={use = \"swav\", projector = [32, 16], prototypes = 12}"}}};
  for (const auto& kind : kinds) {
    CAPTURE(kind.name);
    const auto words = [&](const std::string& out, const Words& settings) {
      auto list = call(here, kind, out, settings);
      list.insert(list.end(), {"--plugin", plugin});
      return list;
    };
    REQUIRE(here.run(words(kind.name, {})).code == 0);
    const Words saving = {"checkpoint.every_steps=1"};
    const auto stopped = here.run(words("stopped-" + kind.name, saving),
                                  fault("kill", "checkpoints/.step-00000007", 1));
    CAPTURE(stopped.err);
    REQUIRE(stopped.code == -9);
    const auto resumed =
        here.run({"train", "stopped-" + kind.name, "--resume", "--plugin", plugin});
    CAPTURE(resumed.err);
    REQUIRE(resumed.code == 0);
    CHECK(has(resumed.err, "goes on after step 6 of 8"));
    check_same(ended(here / kind.name), ended(here / ("stopped-" + kind.name)));
  }
}

TEST_CASE("a wish to stop during kNN is heard at once, and the kNN made after the resume") {
  const Workplace here;
  const auto training = objective("barlow_twins");
  // Thousands of pictures for kNN and a few for training, so that the signal meets the kNN.
  const Words settings = {"data.synthetic_count=8000", "eval.holdout=0.5", "train.max_steps=4",
                          "eval.online_probe=false", "backbone.width=32"};
  REQUIRE(here.run(call(here, training, "whole", settings)).code == 0);
  program::Process process(here.call(call(here, training, "run", settings)));
  process.until([&] { return here.exists("run/checkpoints/step-00000004"); });
  process.send(SIGTERM);
  const auto stopped = process.wait();
  CAPTURE(stopped.err);
  CHECK(stopped.code == 143);
  CHECK(events(here / "run", "eval").empty());
  CHECK(here.run({"train", "run", "--resume"}).code == 0);
  check_same(ended(here / "whole"), ended(here / "run"));
}
