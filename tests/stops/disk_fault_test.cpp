// Disks that fail, and kills at every point of a save: a checkpoint that loads is always there.
#include "catch.hpp"
#include "resuming.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

namespace {

bool in_full() {
  return std::getenv("TANDEM_TEST_LONG") != nullptr;
}

/// Saved after steps 4 and 8, while the one of step 4 is kept.
Words saving(const Workplace& here, const std::string& out) {
  return here.tiny(
      {"--out", out, "--set", "checkpoint.every_steps=4", "--set", "eval.knn_every=1"});
}

/// The places among `calls` that are tried: all, or one of each kind and some more.
std::vector<int> places(const Words& calls, int among) {
  std::vector<int> chosen;
  for (int i = 0; i < static_cast<int>(calls.size()); ++i) {
    if (in_full() || i % among == 0) chosen.push_back(i + 1);
  }
  return chosen;
}

/// Of a run that never met a fault.
struct Whole {
  Workplace here;
  Words calls;
  Ended end;
  Whole() {
    calls = calls_of(here, saving(here, "whole"), "/whole/");
    end = ended(here / "whole");
  }
};

const Whole& whole() {
  static const Whole one;
  return one;
}

}  // namespace

TEST_CASE("a kill at any write, fsync or rename of a run leaves a checkpoint that loads") {
  const Workplace here;
  const auto& calls = whole().calls;
  REQUIRE(calls.size() > 100);
  int killed = 0;
  for (const int at : places(calls, 13)) {
    CAPTURE(at, calls[static_cast<std::size_t>(at) - 1]);
    const std::string out = "run" + std::to_string(at);
    const auto environment = fault(at % 2 == 0 ? "kill" : "kill_after", "/" + out + "/", at);
    const auto stopped = here.run(saving(here, out), environment);
    if (stopped.code == 0) continue;  // lines of metrics may take another number of writes
    REQUIRE(stopped.code == -9);
    ++killed;
    auto words = saving(here, out);
    words.push_back("--resume");
    const auto resumed = here.run(words);
    CAPTURE(resumed.err);
    REQUIRE(resumed.code == 0);
    // What was saved once is never lost: at most one interval is trained again.
    const auto& line = calls[static_cast<std::size_t>(at) - 1];
    if (has(line, "step-00000008")) CHECK(has(resumed.err, "goes on after step "));
    check_same(whole().end, ended(here / out));
    CHECK(here.run({"ckpt", "verify", out}).code == 0);
  }
  CHECK(killed > 8);
}

TEST_CASE("a kill at any moment costs at most what was not saved") {
  const Workplace here;
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(here.run(saving(here, "timed")).code == 0);
  const auto whole_run = std::chrono::steady_clock::now() - begin;
  std::mt19937 random(1);
  const int times = in_full() ? 200 : 6;
  for (int i = 0; i < times; ++i) {
    const std::string out = "run" + std::to_string(i);
    const auto moment = whole_run * (random() % 1000) / 1000;
    program::Process process(here.call(saving(here, out)));
    std::this_thread::sleep_for(moment);
    process.send(SIGKILL);
    CHECK((process.wait().code == -9 || here.exists(out + "/report.html")));
    auto words = saving(here, out);
    words.push_back("--resume");
    const auto resumed = here.run(words);
    CAPTURE(i, resumed.err);
    REQUIRE(resumed.code == 0);
    check_same(whole().end, ended(here / out));
  }
}

TEST_CASE("a disk that fails at any point of a save ends the run, and the old checkpoint stays") {
  const Workplace here;
  Words of_second;
  for (const auto& call : whole().calls) {
    if (has(call, "step-00000008")) of_second.push_back(call);
  }
  REQUIRE(of_second.size() > 15);
  int turn = 0, ended_runs = 0;
  for (const int at : places(of_second, 4)) {
    const auto& call = of_second[static_cast<std::size_t>(at) - 1];
    if (has(call, "unlink ")) continue;
    const char* actions[] = {"ENOSPC", "EIO", "EDQUOT", "short"};
    const std::string action = actions[turn++ % 4];
    CAPTURE(at, call, action);
    const std::string out = "run" + std::to_string(at);
    const auto failed = here.run(saving(here, out), fault(action, "step-00000008", at));
    CAPTURE(failed.err);
    if (failed.code == 0) continue;  // what cleans up may fail
    ++ended_runs;
    CHECK(failed.code == 8);
    CHECK(count(failed.err, "error:") == 1);
    CHECK(has(failed.err, "cannot write "));
    if (action == "ENOSPC") CHECK(has(failed.err, "it needs "));
    CHECK(here.run({"ckpt", "verify", out}).code == 0);
    const auto resumed = here.run({"train", out, "--resume"});
    CHECK(resumed.code == 0);
    check_same(whole().end, ended(here / out));
  }
  CHECK(ended_runs > 3);
}

TEST_CASE("a log that cannot be written never stops training") {
  const Workplace here;
  for (const char* log : {"metrics", "tfevents"}) {
    const std::string file =
        std::string(log) + "/" + (log[0] == 'm' ? "metrics.jsonl" : "events.out");
    auto environment = fault("EIO", file, 3, "write");
    environment["TANDEM_FAULT_FOR"] = "all";
    const auto result = here.run(here.tiny({"--out", log}), environment);
    CAPTURE(result.err);
    CHECK(result.code == 0);
    CHECK(count(result.err, "cannot write ") == 1);  // told once
    for (const auto& [name, bytes] : whole().end.tensors) {
      if (name != "optimizer.safetensors")
        CHECK((read_file(here / log / "checkpoints/latest" / name) == bytes));
    }
  }
}

TEST_CASE("a disk without room for a checkpoint is told before training begins to need it") {
  const Workplace here;
  auto call = here.call(here.tiny());
  call.file_size = 8 << 10;  // below a checkpoint's largest file
  const auto result = program::run(call);
  CAPTURE(result.err);
  CHECK(result.code == 8);
  CHECK(has(result.err, "the file-size limit is reached"));
  CHECK(has(result.err, "bytes"));
}

TEST_CASE("signals while anything is written end with everything saved, or after the end") {
  const Workplace here;
  int turn = 0, stopped = 0;
  for (const int at : places(whole().calls, 31)) {
    const std::string out = "run" + std::to_string(at);
    const bool terminate = turn++ % 2 == 0;
    CAPTURE(at, whole().calls[static_cast<std::size_t>(at) - 1]);
    const auto result =
        here.run(saving(here, out), fault(terminate ? "SIGTERM" : "SIGINT", "/" + out + "/", at));
    CAPTURE(result.err);
    if (result.code == 0) continue;  // it came when all was trained
    ++stopped;
    CHECK(result.code == (terminate ? 143 : 130));
    auto words = saving(here, out);
    words.push_back("--resume");
    REQUIRE(here.run(words).code == 0);
    check_same(whole().end, ended(here / out));
  }
  CHECK(stopped > 2);
}
