// The program of a lean build, beside the whole one.
#include "catch.hpp"
#include "workplace.hpp"

#include <cstdio>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <string>

namespace {

Result run_lean(const Workplace& here, const Words& words) {
  auto call = here.call(words);
  call.program = TANDEM_LEAN_PROGRAM;
  return program::run(call);
}

/// What `readelf -d` says that a program loads.
std::string loaded_by(const std::string& file) {
  std::string text;
  char buffer[4096];
  FILE* const pipe = ::popen(("readelf -d " + file).c_str(), "r");
  REQUIRE(pipe != nullptr);
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr)
    if (has(buffer, "(NEEDED)")) text += buffer;
  REQUIRE(::pclose(pipe) == 0);
  return text;
}

}  // namespace

TEST_CASE("the lean program loads LibTorch and no library of codecs, hashes or options") {
  const auto libraries = loaded_by(TANDEM_LEAN_PROGRAM);
  CHECK(has(libraries, "libtorch"));
  for (const char* other :
       {"opencv", "jpeg", "png", "libz", "crypto", "boost", "spdlog", "libfmt"}) {
    CAPTURE(other, libraries);
    CHECK_FALSE(has(libraries, other));
  }
  CHECK(has(loaded_by(TANDEM_PROGRAM), "opencv"));
}

TEST_CASE("the lean program trains to the same bits, and goes on with a run of the whole one") {
  const Workplace here;
  const Words saving = {"--set", "checkpoint.every_steps=4"};
  REQUIRE(here.run(here.tiny({"--out", "whole", saving[0], saving[1]})).code == 0);
  const auto lean = run_lean(here, here.tiny({"--out", "lean", saving[0], saving[1]}));
  CAPTURE(lean.err);
  REQUIRE(lean.code == 0);
  REQUIRE(here.run(here.tiny({"--out", "begun", saving[0], saving[1]})).code == 0);
  std::filesystem::remove_all(here / "begun/checkpoints/step-00000008");
  const auto resumed = run_lean(here, {"train", "begun", "--resume"});
  CAPTURE(resumed.err);
  REQUIRE(resumed.code == 0);
  CHECK(has(resumed.err, "step 4"));
  for (const char* run : {"lean", "begun"}) {
    for (const char* file : {"backbone.safetensors", "objective.safetensors"})
      CHECK(read_file(here / run / file) == read_file(here / "whole" / file));
    CHECK(here.exists(std::string(run) + "/report.html"));
  }
  CHECK(timeless_metrics(here / "lean") == timeless_metrics(here / "whole"));
  const auto picture = [&](const char* run) {
    return cv::imread((here / run / "views.png").string(), cv::IMREAD_UNCHANGED);
  };
  const cv::Mat a = picture("lean"), b = picture("whole");
  REQUIRE((a.size() == b.size() && !a.empty()));
  CHECK(cv::norm(a, b, cv::NORM_INF) == 0);
}

TEST_CASE("the lean program reads CIFAR's files, .npy, IDX and PPM as the whole one does") {
  const Workplace here;
  const std::string tests = TANDEM_TEST_DIR;
  std::filesystem::create_directories(here / "cifar");
  std::filesystem::create_directories(here / "idx");
  std::filesystem::create_directories(here / "ppm");
  std::filesystem::copy(tests + "/fuzz/seeds/cifar/ten", here / "cifar/data_batch_1.bin");
  std::filesystem::copy(tests + "/fuzz/seeds/idx/plain", here / "idx/train-images-idx3-ubyte");
  std::filesystem::copy(tests + "/golden/pictures/1x5000.ppm", here / "ppm/a.ppm");
  for (const std::string& data : {(here / "cifar").string(), (here / "idx").string(),
                                  (here / "ppm").string(), tests + "/golden/arrays/colour.npy"}) {
    const Words words = {"data", "check", data, "--json", "-q"};
    const auto whole = here.run(words), lean = run_lean(here, words);
    CAPTURE(data, whole.err, lean.err);
    CHECK(whole.code == 0);
    CHECK(lean.code == 0);
    CHECK(has(whole.out, "fingerprint"));
    CHECK(lean.out == whole.out);
  }
}

TEST_CASE("the lean program reads its words as the whole one does") {
  const Workplace here;
  const Words lines[] = {{"train", "--overwite"},
                         {"train", "--nonsense"},
                         {"train", "one.toml", "two.toml"},
                         {"train", "--out"},
                         {"train", "--out=a", "--out=b"},
                         {"train", "--resume=yes"},
                         {"train", "--out="},
                         {"train", "--config", "tiny.toml"},
                         {"train", "-vz"},
                         {"doctor", "word"},
                         {"bench", "loss", "--rounds", "many"},
                         {"bench", "loss", "--seconds", "0.1s"},
                         {"config", "show", "--", "--none"}};
  for (const Words& words : lines) {
    const auto whole = here.run(words), lean = run_lean(here, words);
    CAPTURE(words, whole.err, lean.err);
    CHECK(whole.code == lean.code);
    CHECK(has(lean.err, "error: "));
    if (has(whole.err, "unknown option '--") || has(whole.err, "too many words"))
      CHECK(whole.err == lean.err);
  }
  const auto json = run_lean(here, {"config", "show", "tiny.toml", "--json", "-q"});
  CHECK(json.code == 0);
  CHECK(json.out == here.run({"config", "show", "tiny.toml", "-q", "--json"}).out);
  for (const char* option : {"--set KEY=VALUE", "--ranks N", "-v [ --verbose ]", "--resume"})
    CHECK(has(run_lean(here, {"train", "--help"}).out, option));
}

TEST_CASE("the lean program says what it cannot decode, and what to do") {
  const Workplace here;
  CHECK(has(run_lean(here, {"doctor"}).out, "a lean build"));
  const auto pictures = std::string(TANDEM_TEST_DIR) + "/golden/pictures";
  const auto result = run_lean(here, {"data", "check", pictures});
  CAPTURE(result.out, result.err);
  CHECK(result.code == 4);
  CHECK(has(result.out + result.err, "a JPEG, which this build cannot decode (it is a lean one)"));
}
