// Disks that fail, and kills at every point of a save: a checkpoint that loads is always there.
#include "catch.hpp"
#include "resuming.hpp"

#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
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

/// The step of the newest checkpoint that has its name; 0 where there is none.
int newest_saved(const std::filesystem::path& run) {
  int newest = 0;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(run / "checkpoints", none)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("step-")) newest = std::max(newest, std::stoi(name.substr(5)));
  }
  return newest;
}

/// The last step that the log has; 0 where there is none.
int last_trained(const std::filesystem::path& run) {
  if (!std::filesystem::exists(run / "metrics.jsonl")) return 0;
  const auto steps = events(run, "step");
  return steps.empty() ? 0 : steps.back().at("step").get<int>();
}

/// Resumes a run that was stopped: no more than one interval is trained again, to the same end.
void check_goes_on(const Workplace& here, const std::string& out) {
  const int saved = newest_saved(here / out), trained = last_trained(here / out);
  CAPTURE(saved, trained);
  CHECK(trained - saved <= 4);
  auto words = saving(here, out);
  words.push_back("--resume");
  const auto resumed = here.run(words);
  CAPTURE(resumed.err);
  REQUIRE(resumed.code == 0);
  if (saved > 0 && saved < 8)
    CHECK(has(resumed.err, "goes on after step " + std::to_string(saved) + " of 8"));
  check_same(whole().end, ended(here / out));
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
    check_goes_on(here, out);
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
    CAPTURE(i);
    CHECK((process.wait().code == -9 || here.exists(out + "/report.html")));
    check_goes_on(here, out);
  }
}

TEST_CASE("what a save writes is on the disk before it has its name, and its name after that") {
  const Workplace here;
  const Words calls = calls_of(here, saving(here, "ordered"), "/ordered");
  std::map<std::string, std::string> last_on;  // a path's last call
  int renamed = 0, folders = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto space = calls[i].find(' ');
    const std::string call = calls[i].substr(0, space);
    const std::filesystem::path path = calls[i].substr(space + 1);
    CAPTURE(i, calls[i]);
    const std::string name = path.filename();
    // What is to be removed is renamed too, from a name without a dot.
    if (call == "rename" && name.starts_with('.')) {
      if (last_on[path] != "symlink") CHECK(last_on[path] == "fsync");
      REQUIRE(i + 1 < calls.size());
      CHECK(calls[i + 1] == "fsync " + path.parent_path().string());
      ++renamed;
      if (name.starts_with(".step-")) ++folders;
    }
    last_on[path] = call;
  }
  CHECK(renamed > 20);
  CHECK(folders == 2);
}

TEST_CASE("signals at any moment end with all that was trained saved") {
  const Workplace here;
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(here.run(saving(here, "timed")).code == 0);
  const auto whole_run = std::chrono::steady_clock::now() - begin;
  const std::pair<int, int> kinds[] = {{SIGTERM, 143}, {SIGINT, 130}, {SIGHUP, 129}};
  std::mt19937 random(2);
  const int times = in_full() ? 50 : 6;
  for (int i = 0; i < times; ++i) {
    const auto [number, code] = kinds[i % 3];
    const std::string out = "run" + std::to_string(i);
    const auto moment = whole_run * (random() % 1000) / 1000;
    program::Process process(here.call(saving(here, out)));
    std::this_thread::sleep_for(moment);
    process.send(number);
    const auto stopped = process.wait();
    CAPTURE(i, number, stopped.err);
    // Before the program listens, it dies of the signal and has made nothing.
    if (stopped.code == -number) {
      CHECK_FALSE(here.exists(out + "/metrics.jsonl"));
      continue;
    }
    CHECK((stopped.code == code || here.exists(out + "/report.html")));
    CHECK(newest_saved(here / out) == last_trained(here / out));
    check_goes_on(here, out);
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

TEST_CASE("a disk without room for a checkpoint is told before training begins") {
  const Workplace here;
  auto environment = fault("EIO", "/run/", 1 << 20);
  environment["TANDEM_FAULT_FREE"] = "20000";
  const auto result = here.run(here.tiny(), environment);
  CAPTURE(result.err);
  CHECK(result.code == 8);
  CHECK(has(result.err, "it needs "));
  CHECK(has(result.err, "19.5 KiB are free"));
  CHECK_FALSE(here.exists("run/metrics.jsonl"));
}

TEST_CASE("where room for another checkpoint is short, older ones go, the newest whole one stays") {
  const Workplace here;
  auto words = saving(here, "run");
  words.insert(words.end(), {"--set", "checkpoint.every_steps=1", "--set", "checkpoint.keep=9",
                             "--set", "train.max_steps=4"});
  REQUIRE(here.run(words).code == 0);
  CHECK(here.exists("run/checkpoints/step-00000001"));
  // The newest is cut off: what is kept must not be it alone.
  std::filesystem::resize_file(here / "run/checkpoints/step-00000004/model.safetensors", 100);
  auto environment = fault("EIO", "/run/", 1 << 20);
  environment["TANDEM_FAULT_FREE"] = "20000";
  const auto result = here.run({"train", "run", "--resume"}, environment);
  CAPTURE(result.err);
  CHECK(result.code == 8);
  CHECK(has(result.err, "step-00000002 is removed, though checkpoint.keep would keep it"));
  CHECK_FALSE(here.exists("run/checkpoints/step-00000002"));
  CHECK(here.exists("run/checkpoints/step-00000003/COMMIT"));
}

TEST_CASE("a small disk is trained on to the end, with fewer checkpoints than are wished for") {
  const Workplace here;
  const auto wide = [&](const std::string& out) {  // checkpoints of a megabyte
    return here.tiny({"--out", out, "--set", "backbone.width=64", "--set",
                      "checkpoint.every_steps=1", "--set", "checkpoint.keep=9"});
  };
  REQUIRE(here.run(wide("large")).code == 0);
  std::uintmax_t checkpoint = 0, others = 0;
  for (const auto& [name, bytes] : files_of(here / "large")) {
    if (name.starts_with("checkpoints/step-00000008/")) checkpoint += bytes.size();
    if (!name.starts_with("checkpoints/")) others += bytes.size();
  }
  REQUIRE(checkpoint > 500'000);
  const auto size = others + 4 * checkpoint + (256 << 10);
  std::filesystem::create_directory(here / "disk");
  std::string line = "cd " + here.call({}).folder.string() +
                     " && mount -t tmpfs -o size=" + std::to_string(size) +
                     " none disk || exit 77; " TANDEM_PROGRAM;
  for (const auto& word : wide("disk/run")) line += " \"" + word + "\"";
  line += "; code=$?; ls disk/run/checkpoints > left.txt; exit $code";
  const int code =
      std::system(("unshare -rm sh -c '" + line + "' 2> " + (here / "told.txt").string()).c_str());
  if (WEXITSTATUS(code) == 77 || !here.exists("left.txt")) {
    WARN("skipped: no file system can be mounted here");
    return;
  }
  const std::string told = read_file(here / "told.txt");
  CAPTURE(told);
  CHECK(WEXITSTATUS(code) == 0);
  CHECK(has(told, "though checkpoint.keep would keep it"));
  CHECK(count(read_file(here / "left.txt"), "step-") < 8);
}

TEST_CASE("a file that may not be that large is told before training begins to need it") {
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
