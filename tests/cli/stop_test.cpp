// Runs that are stopped: by a signal, by a loss that is no number, by a reader that goes away.
#include "catch.hpp"
#include "workplace.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

namespace {

const Words endless = {"--set", "train.epochs=100000"};

void check_interrupted(const Workplace& here, const Result& result, int code) {
  CAPTURE(result.err);
  CHECK(result.code == code);
  CHECK(has(result.err, "interrupted after "));
  CHECK_FALSE(has(result.err, "error:"));
  CHECK(has(result.out, "run folder: run\n"));
  const auto end = events(here / "run", "end").at(0);
  CHECK(end.at("reason") == "interrupted");
  CHECK(end.at("step") >= 3);
  safetensors_header(here / "run/objective.safetensors");
  CHECK(here.run({"eval", "knn", "run"}).code == 0);  // loads the weights
}

Result stop_after_three_steps(const Workplace& here, int signal) {
  program::Process process(here.call(here.tiny(endless)));
  process.until([&] { return events(here / "run", "step").size() >= 3; });
  process.send(signal);
  return process.wait();
}

/// A pipe that takes no more, so that whoever writes to it waits.
class FullPipe {
 public:
  FullPipe() {
    REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0);
    ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    const std::string bytes(4096, 'x');
    while (::write(ends_[1], bytes.data(), bytes.size()) > 0) {
    }
    while (::write(ends_[1], "x", 1) > 0) {
    }
    ::fcntl(ends_[1], F_SETFL, 0);
  }
  ~FullPipe() {
    close_reader();
    ::close(ends_[1]);
  }
  int writer() const { return ends_[1]; }
  void close_reader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

}  // namespace

TEST_CASE("Ctrl-C ends a run after its step, with the weights saved, and 130") {
  const Workplace here;
  check_interrupted(here, stop_after_three_steps(here, SIGINT), 130);
}

TEST_CASE("SIGTERM ends a run after its step, with the weights saved, and 143") {
  const Workplace here;
  check_interrupted(here, stop_after_three_steps(here, SIGTERM), 143);
}

TEST_CASE("a terminal that goes away ends a run like SIGTERM, with 129, but not under nohup") {
  const Workplace here;
  check_interrupted(here, stop_after_three_steps(here, SIGHUP), 129);

  // The shell and the kernel both tell of it, and stdout may be gone.
  program::Process twice(here.call(here.tiny({"--out", "twice", "--set", "train.epochs=100000"})));
  twice.until([&] { return events(here / "twice", "step").size() >= 3; });
  twice.send(SIGHUP);
  twice.send(SIGHUP);
  CHECK(twice.wait().code == 129);
  CHECK(here.exists("twice/backbone.safetensors"));

  auto call = here.call(here.tiny({"--out", "on", "--set", "train.epochs=20"}));
  call.ignored_signal = SIGHUP;
  program::Process process(call);
  process.until([&] { return events(here / "on", "step").size() >= 3; });
  process.send(SIGHUP);
  CHECK(process.wait().code == 0);
}

TEST_CASE("a second Ctrl-C ends the program at once") {
  const Workplace here;
  const FullPipe blocked;  // it cannot get past its first line of progress
  auto call = here.call(here.tiny(endless));
  call.error_output = blocked.writer();
  program::Process process(call);
  process.until([&] { return process.catches(SIGINT); });
  process.send(SIGINT);
  process.until([&] { return !process.pending(SIGINT); });
  process.send(SIGINT);
  CHECK(process.wait().code == 130);
  CHECK_FALSE(here.exists("run/backbone.safetensors"));
}

TEST_CASE("a reader of the progress that goes away does not end the run") {
  const Workplace here;
  FullPipe gone;
  gone.close_reader();
  auto call = here.call(here.tiny());
  call.error_output = gone.writer();
  CHECK(program::run(call).code == 0);
  CHECK(here.exists("run/backbone.safetensors"));
}

TEST_CASE("a loss that is no number stops the run with 7, the step's name and the weights so far") {
  const Workplace here;
  const auto result =
      here.run(here.tiny({"--set", "optimizer.lr=1e30", "--set", "schedule={use = \"constant\"}"}));
  CAPTURE(result.err);
  CHECK(result.code == 7);
  CHECK(result.out.empty());
  CHECK(count(result.err, "error:") == 1);
  CHECK(count(result.err, "the loss is ") == 1);
  CHECK(has(result.err, "error: step 2: the loss is "));
  CHECK(has(result.err, "optimizer.lr"));
  const auto end = events(here / "run", "end").at(0);
  CHECK(end.at("reason") == "failed");
  CHECK(end.at("step") == 1);
  CHECK(has(end.at("message"), "step 2"));
  safetensors_header(here / "run/backbone.safetensors");
  safetensors_header(here / "run/objective.safetensors");
}

TEST_CASE("a loss that is no number from the start leaves the step alone, to be done again") {
  const Workplace here;
  const auto result = here.run(here.tiny({"--set", "data.normalize=\"custom\"", "--set",
                                          "data.mean=[0.5]", "--set", "data.std=[1e-38]"}));
  CAPTURE(result.err);
  CHECK(result.code == 7);
  CHECK(has(result.err, "error: step 1: the loss is "));
  CHECK_FALSE(here.exists("run/backbone.safetensors"));
  CHECK(here.exists("run/replay/step-00000000/views.safetensors"));
  CHECK(here.run({"train", "--replay", "run/replay/step-00000000"}).code == 7);
}
