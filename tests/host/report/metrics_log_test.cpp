#include "report/metrics_log.hpp"
#include "catch.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

using namespace tandem::report;

namespace {

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tandem-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

std::string get(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("every event is a line of JSON") {
  const Folder folder;
  {
    MetricsLog log(folder.path / "metrics.jsonl", tandem::null_log());
    log.on_start({"byol", "resnet18", "cpu", 1000, 64, 15, 2, 30, 0, 1234567});
    log.on_step({2,
                 30,
                 1,
                 0.1,
                 0.06,
                 {{"on_diagonal", 2.5}},
                 128,
                 {0.25, 0.5, 1, 0.125, 2, 0.0625, 0.03125, 0.25, 0.015625}});
    log.on_evaluation({"knn", "k 20, T 0.1", {{"accuracy", 84.5}}, 15, 1});
    log.on_epoch_end({1, 15});
    log.on_end({EndReason::failed, "loss is not finite", 16, 1, 3.5});
  }
  CHECK(
      get(folder.path / "metrics.jsonl") ==
      R"({"event":"start","objective":"byol","backbone":"resnet18","device":"cpu","samples":1000,"batch_size":64,)"
      R"("steps_per_epoch":15,"epochs":2,"total_steps":30,"first_step":0,"parameters":1234567})"
      "\n"
      R"({"event":"step","step":2,"epoch":1,"loss":0.1,"lr":0.06,"metrics":{"on_diagonal":2.5},"images":128,)"
      R"("timing":{"images_per_s":64.0,"data":0.25,"forward":0.5,"backward":1.0,"optimizer":0.125,"health":0.0625,"probe":0.03125,"checkpoint":0.25,"observers":0.015625,"total":2.0}})"
      "\n"
      R"({"event":"eval","name":"knn","step":15,"epoch":1,"protocol":"k 20, T 0.1","values":{"accuracy":84.5}})"
      "\n"
      R"({"event":"epoch","epoch":1,"step":15})"
      "\n"
      R"({"event":"end","reason":"failed","step":16,"epoch":1,"message":"loss is not finite","timing":{"total":3.5}})"
      "\n");
}

TEST_CASE("looks, matrices and alarms are lines too") {
  const Folder folder;
  {
    MetricsLog log(folder.path / "metrics.jsonl", tandem::null_log());
    log.on_health({25, 2, {{"embedding_std", 0.125}, {"gradient_norm", 3}}});
    log.on_matrix({"cross_correlation", 25, 2, 1, 3, {0.126F, -1, 0}});
    log.on_alarm({50, "a sign", "a cause"});
  }
  CHECK(
      get(folder.path / "metrics.jsonl") ==
      R"({"event":"health","step":25,"epoch":2,"embedding_std":0.125,"gradient_norm":3.0})"
      "\n"
      R"({"event":"matrix","name":"cross_correlation","step":25,"epoch":2,"rows":1,"columns":3,"values":[0.13,-1.0,0.0]})"
      "\n"
      R"({"event":"alarm","step":50,"sign":"a sign","cause":"a cause"})"
      "\n");
}

TEST_CASE("a loss that is not finite is still written") {
  const Folder folder;
  StepEvent step;
  step.loss = -std::numeric_limits<double>::infinity();
  MetricsLog(folder.path / "m", tandem::null_log()).on_step(step);
  CHECK(get(folder.path / "m").find(R"("loss":"-inf")") != std::string::npos);
}

TEST_CASE("a resumed run appends") {
  const Folder folder;
  for (int i = 0; i < 2; ++i)
    MetricsLog(folder.path / "m", tandem::null_log()).on_epoch_end({1, 2});
  const std::string line = R"({"event":"epoch","epoch":1,"step":2})"
                           "\n";
  CHECK(get(folder.path / "m") == line + line);
}
