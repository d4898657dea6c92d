// Run folders that are in use, not empty, or cannot be written, and disks that fill up. A limit on
// the size of files stands in for the disk.
#include "catch.hpp"
#include "workplace.hpp"

#include <csignal>

namespace {

void check_refused(const Result& result, int code, const Words& parts) {
  CAPTURE(result.err);
  CHECK(result.code == code);
  CHECK(result.out.empty());
  CHECK(count(result.err, "error:") == 1);
  for (const auto& part : parts) {
    CAPTURE(part);
    CHECK(has(result.err, part));
  }
}

Result run_within(const Workplace& here, const Words& words, long file_size) {
  auto call = here.call(words);
  call.file_size = file_size;
  return program::run(call);
}

/// 16 flat grey pictures, of which a sheet of views packs well.
void write_flat_pictures(const Workplace& here) {
  std::string bytes = {0, 0, 8, 3, 0, 0, 0, 16, 0, 0, 0, 8, 0, 0, 0, 8};
  for (int i = 0; i < 16; ++i) bytes += std::string(64, static_cast<char>(16 * i));
  write_file(here / "flat-images-idx3-ubyte", bytes);
}

}  // namespace

TEST_CASE("a folder that is not empty is left as it is") {
  const Workplace here;
  std::filesystem::create_directory(here / "run");
  write_file(here / "run/letter.txt", "mine");
  check_refused(here.run(here.tiny()), 2, {"run folder run is not empty", "--out", "--overwrite"});
  CHECK(files_of(here / "run") == std::map<std::string, std::string>{{"letter.txt", "mine"}});
}

TEST_CASE("--overwrite replaces a run and keeps whatever else is in its folder") {
  const Workplace here;
  REQUIRE(here.run(here.tiny()).code == 0);
  const auto first = files_of(here / "run");
  check_refused(here.run(here.tiny()), 2, {"run folder run is not empty", "--overwrite"});
  CHECK(files_of(here / "run") == first);

  write_file(here / "run/letter.txt", "mine");
  write_file(here / "run/.backbone.safetensors.7-0.tmp", "of a run that was killed");
  REQUIRE(here.run(here.tiny({"--overwrite", "--set", "train.epochs=1"})).code == 0);
  CHECK(read_file(here / "run/letter.txt") == "mine");
  CHECK_FALSE(here.exists("run/.backbone.safetensors.7-0.tmp"));
  CHECK(events(here / "run", "start").size() == 1);
  CHECK(events(here / "run", "step").size() == 4);
  CHECK(files_of(here / "run").size() == first.size() + 1);
}

TEST_CASE("a folder in use is refused, with --overwrite too") {
  const Workplace here;
  program::Process first(here.call(here.tiny({"--set", "train.epochs=100000"})));
  first.until([&] { return here.exists("run/metrics.jsonl"); });
  const Words parts = {"run folder run is in use by another run", "--out"};
  check_refused(here.run(here.tiny()), 2, parts);
  check_refused(here.run(here.tiny({"--overwrite"})), 2, parts);
  first.send(SIGINT);
  CHECK(first.wait().code == 130);
  CHECK(events(here / "run", "end").at(0).at("reason") == "interrupted");
}

TEST_CASE("a folder that cannot be made is named") {
  const Workplace here;
  for (const std::string out : {"tiny.toml", "tiny.toml/run"})
    check_refused(here.run(here.tiny({"--out", out})), 8,
                  {"run folder " + out + " cannot", "--out"});
  CHECK(names_of(here / "") == Words{"tiny.toml"});
}

TEST_CASE("a disk that is full at the start leaves nothing") {
  const Workplace here;
  const auto result = run_within(here, here.tiny(), 1000);
  check_refused(result, 8, {"run/manifest.json", "bytes", "choose another folder"});
  CHECK_FALSE(here.exists("run"));
}

TEST_CASE("a disk without room for the weights is told with the bytes they need") {
  const Workplace here;
  const auto result = run_within(
      here, here.tiny({"--set", "backbone.width=64", "--set", "train.max_steps=1"}), 250'000);
  check_refused(result, 8, {"/model.safetensors", "it needs ", "choose another folder"});
  CHECK(names_of(here / "run") == Words{"config.toml", "events.out.tfevents.tandem",
                                        "manifest.json", "metrics.jsonl", "report.html",
                                        "views.png"});
}

TEST_CASE("metrics that no longer fit are dropped with one warning, and the run goes on") {
  const Workplace here;
  write_flat_pictures(here);
  const auto result =
      run_within(here,
                 here.tiny({"--data", "flat-images-idx3-ubyte", "--set", "data.source=\"idx\"",
                            "--set", "train.epochs=40", "--set",
                            "view=[{count = 2, ops = [{use = \"horizontal_flip\"}]}]"}),
                 20'000);
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(count(result.err, "warning: cannot write run/metrics.jsonl") == 1);
  CHECK(count(result.err, "warning: cannot write run/events.out.tfevents.tandem") == 1);
  CHECK(has(result.err, "the run goes on"));
  CHECK(has(result.err, "warning: no report.html in run: "));  // nor does a page fit
  CHECK(count(result.err, "warning: ") == 3);
  CHECK(safetensors_header(here / "run/backbone.safetensors").contains("conv1.weight"));
  const auto steps = events(here / "run", "step");  // whole lines, all that fitted
  CHECK(steps.size() > 10);
  CHECK(steps.size() < 80);
  CHECK(std::filesystem::file_size(here / "run/metrics.jsonl") <= 20'000);
}
