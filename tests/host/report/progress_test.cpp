#include "report/progress.hpp"
#include "catch.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <sstream>
#include <string>

using namespace tandem::report;

namespace {

/// A clock that stands until it is set.
struct Bench {
  explicit Bench(ProgressStyle style) : progress(out, style, [this] { return now; }) {
    progress.on_start({"byol", "resnet18", "cpu", 1000, 100, 10, 2, 20, 0, 11'176'512});
    out.str("");
  }
  /// A step of 100 images that took a second, 0.1 of it waiting.
  void step(std::int64_t n, double at, double waiting = 0.1, Values metrics = {}) {
    now = at;
    progress.on_step(
        {n, 20, (n - 1) / 10 + 1, 0.5, 0.1, std::move(metrics), 100, {waiting, 0, 0, 0, 1}});
  }
  /// What was written since the last call.
  std::string take() {
    std::string text = out.str();
    out.str("");
    return text;
  }
  double now = 0;
  std::ostringstream out;
  Progress progress;
};

ProgressStyle terminal(std::size_t columns = 200, bool color = false) {
  ProgressStyle style;
  style.terminal = true;
  style.columns = columns;
  style.color = color;
  return style;
}

}  // namespace

TEST_CASE("a run is announced") {
  std::ostringstream out;
  Progress progress(out, {});
  RunInfo run{"byol", "resnet18", "cpu", 1000, 100, 10, 2, 20, 0, 11'176'512};
  progress.on_start(run);
  CHECK(
      out.str() ==
      "byol on resnet18 (11.2 M parameters, cpu): 1000 images, 2 epochs of 10 steps, batch 100\n");
  out.str("");
  run.first_step = 5;
  progress.on_start(run);
  CHECK(out.str().find(", batch 100, from step 5\n") != std::string::npos);
}

TEST_CASE("plain lines come at the first step, every ten seconds, and at the last step") {
  Bench bench({});
  bench.step(1, 5.0);
  CHECK(bench.take() == "epoch 1/2  step 1/20  loss 0.5  100 images/s  data 10%\n");
  bench.step(2, 6.0);
  bench.step(9, 14.9);
  CHECK(bench.take() == "");
  bench.step(11, 15.0, 0.7);
  // Ten steps in the ten seconds after the first: nine are left.
  CHECK(bench.take() == "epoch 2/2  step 11/20  loss 0.5  100 images/s  data 30%  ETA 0:09\n");
  bench.step(20, 16.0);
  CHECK(bench.take() == "epoch 2/2  step 20/20  loss 0.5  100 images/s  data 10%  ETA 0:00\n");
}

TEST_CASE("what is left is measured without the first step") {
  Bench bench({});
  bench.step(1, 1000.0);  // the first step may take its time
  bench.step(3, 1010.0, 0.0, {{"on_diagonal", 0.25}, {"off_diagonal", 12345}});
  CHECK(bench.take().find("ETA 1:25  on_diagonal 0.25  off_diagonal 1.234e+04\n") !=
        std::string::npos);
}

TEST_CASE("a terminal's line is redrawn, ten times a second at most") {
  Bench bench(terminal());
  bench.step(1, 0.0);
  CHECK(bench.take() == "\r\x1b[Kepoch 1/2  step 1/20  loss 0.5  100 images/s  data 10%");
  bench.step(2, 0.05);
  bench.step(3, 0.09);
  CHECK(bench.take() == "");
  bench.step(4, 0.25);
  CHECK(bench.take() == "\r\x1b[Kepoch 1/2  step 4/20  loss 0.5  100 images/s  data 10%  ETA 0:01");
}

TEST_CASE("a line never reaches the terminal's last column") {
  Bench bench(terminal(20));
  bench.step(1, 0.0);
  CHECK(bench.take() == "\r\x1b[Kepoch 1/2  step 1/2");
}

TEST_CASE("colours are for the loss, and for much waiting") {
  Bench bench(terminal(200, true));
  bench.step(1, 0.0, 0.1);
  CHECK(bench.take() ==
        "\r\x1b[Kepoch 1/2  step 1/20\x1b[1m  loss 0.5\x1b[0m  100 images/s  data 10%");
  bench.step(2, 1.0, 0.2);
  CHECK(bench.take().find("\x1b[33m  data 20%\x1b[0m") != std::string::npos);
}

TEST_CASE("an evaluation takes a line of its own") {
  const EvalEvent eval{"knn", "k 20, T 0.1", {{"accuracy", 84.51}}, 10, 1};
  Bench bench({});
  bench.progress.on_evaluation(eval);
  CHECK(bench.take() == "knn  accuracy 84.51  (epoch 1; k 20, T 0.1)\n");
  Bench drawn(terminal());
  drawn.step(1, 0.0);
  drawn.take();
  drawn.progress.on_evaluation(eval);
  CHECK(drawn.take() == "\r\x1b[Kknn  accuracy 84.51  (epoch 1; k 20, T 0.1)\n");
  drawn.progress.on_evaluation({"probe", "", {}, 10, 1});
  CHECK(drawn.take() == "probe  (epoch 1)\n");
}

TEST_CASE("the end keeps the last line and says how it ended") {
  Bench bench(terminal());
  bench.step(20, 0.0);
  bench.take();
  bench.progress.on_end({EndReason::finished, "", 20, 2, 83.0});
  CHECK(bench.take() == "\nfinished after 20 steps, 1:23\n");
  bench.progress.on_end({EndReason::failed, "loss is not finite", 1, 0, 1.0});
  CHECK(bench.take() == "failed after 1 step, 0:01: loss is not finite\n");
}

TEST_CASE("a line can be taken away for a message") {
  Bench bench(terminal());
  bench.step(1, 0.0);
  bench.take();
  bench.progress.clear();
  CHECK(bench.take() == "\r\x1b[K");
  bench.progress.clear();
  CHECK(bench.take() == "");
}

TEST_CASE("quiet is silent") {
  ProgressStyle style = terminal();
  style.quiet = true;
  Bench bench(style);
  bench.step(1, 0.0);
  bench.progress.on_evaluation({"knn", "", {}, 1, 1});
  bench.progress.on_end({});
  CHECK(bench.take() == "");
}

TEST_CASE("what is no terminal gets plain lines, and NO_COLOR is honoured") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  CHECK(!progress_style(ends[1]).terminal);
  CHECK(!progress_style(ends[1]).color);
  CHECK(progress_style(ends[1], true).quiet);
  ::close(ends[0]), ::close(ends[1]);

  const int pty = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE((pty >= 0 && ::grantpt(pty) == 0 && ::unlockpt(pty) == 0));
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  CHECK(progress_style(pty).terminal);
  CHECK(progress_style(pty).color);
  ::setenv("NO_COLOR", "", 1);
  CHECK(progress_style(pty).color);
  ::setenv("NO_COLOR", "1", 1);
  CHECK((progress_style(pty).terminal && !progress_style(pty).color));
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  CHECK(!progress_style(pty).terminal);
  ::close(pty);
}

TEST_CASE("the steady clock goes forward") {
  const Clock clock = steady_clock();
  const double before = clock();
  CHECK(clock() >= before);
}
