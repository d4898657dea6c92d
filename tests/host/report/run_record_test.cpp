#include "report/run_record.hpp"
#include "catch.hpp"
#include "run_folders.hpp"
#include "tandem/base/error.hpp"

#include <cmath>

using namespace tandem::report;

namespace {

RunRecord record_of(const std::string& metrics) {
  const TemporaryFolder folder;
  make_run(folder / "run", {});
  write_file(folder / "run/metrics.jsonl", metrics);
  return read_run(folder / "run");
}

}  // namespace

TEST_CASE("a finished run is read in full") {
  const TemporaryFolder folder;
  make_run(folder / "byol/seed-3", {.seed = 3, .accuracy = 81.5});
  const auto run = read_run(folder / "byol/seed-3");
  CHECK(run.name == "byol/seed-3");
  CHECK(run.seed == 3);
  CHECK(run.finished());
  CHECK(run.steps == 40);
  CHECK(run.seconds == 25);
  CHECK(run.images_per_second() == 64);  // 32 pictures in 0.5 s
  CHECK(run.peak_bytes == 250e6);
  CHECK(run.last_value("knn_top1") == 81.5);
  CHECK(std::isnan(run.last_value("other")));
  CHECK(run.points("loss").size() == 40);
  CHECK(run.points("loss")[4] == Point{0.5, 20});
  CHECK(run.points("metric on_diagonal").back() == Point{4, 40});
  CHECK(run.points("eval knn_top1") == Points{{4, 81.5}});
  CHECK(run.points("health effective_rank").empty());
  CHECK(run.damaged_lines == 0);
}

TEST_CASE("a number that is not whole, or too large, damages its line and is none") {
  for (const std::string number : {"1e300", "-1e300", "1.5", "18446744073709551615", "true"}) {
    const auto run =
        record_of(R"({"event":"step","step":)" + number + R"(,"loss":1,"lr":1})" + "\n" +
                  R"({"event":"start","epochs":)" + number + "}\n" +
                  R"({"event":"matrix","name":"m","step":1,"columns":1,"values":[1],"rows":)" +
                  number + "}\n");
    CAPTURE(number);
    CHECK(run.damaged_lines == 3);
    CHECK(run.steps == 0);
  }
}

TEST_CASE("damaged lines and unknown ones are passed over, an unfinished last one too") {
  const auto run =
      record_of(R"({"event":"start","objective":"byol","steps_per_epoch":10,"new":[1,2]})"
                "\n"
                "not JSON\n"
                R"({"event":"step","step":"x","loss":1,"lr":1})"
                "\n"
                "[]\n\n"
                R"({"event":"comet","step":1})"
                "\n"
                R"({"event":"step","step":5,"loss":"nan","lr":0.1,"metrics":{"a":"inf"},"more":{}})"
                "\n"
                R"({"event":"step","step":6,"loss":2.5,"lr":0.1})"
                "\n"
                R"({"event":"matrix","name":"c","step":6,"rows":0,"columns":2,"values":[1,2]})"
                "\n"
                R"({"event":"step","step":7,"los)");
  CHECK(run.damaged_lines == 5);
  CHECK(run.end.empty());
  CHECK_FALSE(run.finished());
  CHECK(run.steps == 6);
  CHECK(run.points("loss") == Points{{0.6, 2.5}});  // what is not finite is no point
  CHECK(run.points("metric a").empty());
  CHECK(run.matrices.empty());
}

TEST_CASE("health, matrices and alarms") {
  const auto run = record_of(
      R"({"event":"start","steps_per_epoch":10})"
      "\n"
      R"({"event":"health","step":10,"epoch":1,"embedding_std":0.2,"embedding_std_even":0.25,)"
      R"("effective_rank":12,"unknown":7})"
      "\n"
      R"({"event":"matrix","name":"c","step":10,"rows":1,"columns":2,"values":[1,-0.5]})"
      "\n"
      R"({"event":"matrix","name":"c","step":20,"rows":2,"columns":1,"values":[1,0.5]})"
      "\n"
      R"({"event":"alarm","step":20,"sign":"std falls","cause":"collapse"})"
      "\n");
  CHECK(run.points("health spread") == Points{{1, 0.8}});
  CHECK(run.points("health effective_rank") == Points{{1, 12}});
  REQUIRE(run.matrices.size() == 1);
  CHECK(run.matrices[0].step == 20);
  CHECK(run.matrices[0].values == std::vector<double>{1, 0.5});
  REQUIRE(run.alarms.size() == 1);
  CHECK(run.alarms[0].sign == "std falls");
}

TEST_CASE("what a resumed run did again counts once") {
  const std::string step = R"(,"lr":1,"images":10,"timing":{"images_per_s":10,"total":1}})"
                           "\n";
  const auto run =
      record_of(R"({"event":"start","steps_per_epoch":10,"total_steps":3})"
                "\n"
                R"({"event":"step","step":1,"loss":5)" +
                step + R"({"event":"step","step":2,"loss":4)" + step +
                R"({"event":"end","reason":"interrupted","step":2,"epoch":0,"timing":{"total":3}})"
                "\n"
                R"({"event":"start","steps_per_epoch":10,"total_steps":3,"first_step":1})"
                "\n"
                R"({"event":"step","step":2,"loss":3)" +
                step +
                R"({"event":"end","reason":"finished","step":3,"epoch":0,"timing":{"total":4}})"
                "\n");
  CHECK(run.finished());
  CHECK(run.seconds == 7);
  CHECK(run.points("loss") == Points{{0.1, 5}, {0.2, 3}});
}

TEST_CASE("files that are far larger than a run's are refused by name, an endless line is one") {
  const TemporaryFolder folder;
  make_run(folder / "run", {});
  for (const char* file : {"config.toml", "manifest.json", "gallery.json"}) {
    const std::string whole = read_file(folder.path() / "run" / file);
    write_file(folder.path() / "run" / file, whole);
    std::filesystem::resize_file(folder.path() / "run" / file, std::uintmax_t{10} << 30);
    CHECK_THROWS_WITH(read_run(folder / "run"), Catch::Contains(std::string("run/") + file));
    write_file(folder.path() / "run" / file, whole);
  }
  const auto metrics = folder / "run/metrics.jsonl";
  std::filesystem::resize_file(metrics, std::uintmax_t{1} << 30);
  const auto run = read_run(folder / "run");
  CHECK(run.finished());
  CHECK(run.damaged_lines == 1);
}

TEST_CASE("what is no run is refused by name") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read_run(folder.path()), Catch::Contains("is not a run folder"));
  make_run(folder / "run", {});
  std::filesystem::remove(folder / "run/manifest.json");
  CHECK(read_run(folder / "run").seed == 0);  // the rest is still worth showing
}
