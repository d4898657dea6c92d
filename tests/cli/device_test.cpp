#include "catch.hpp"
#include "workplace.hpp"

TEST_CASE("--device cuda without a device ends with 8, and says which LibTorch it takes") {
  const Workplace here;
  const auto result = here.run(here.tiny({"--device", "cuda", "--out", "run"}));
  if (result.code == 0) {
    WARN("skipped: there is a CUDA device");
    return;
  }
  CAPTURE(result.err);
  CHECK(result.code == 8);
  CHECK(result.err.find("run.device is \"cuda\"") != std::string::npos);
  CHECK(result.err.find("LibTorch") != std::string::npos);
  CHECK_FALSE(here.exists("run"));
}

TEST_CASE("a run says where it trains") {
  const Workplace here;
  REQUIRE(here.run(here.tiny({"--device", "cpu", "--out", "run"})).code == 0);
  CHECK(read_file(here / "run/metrics.jsonl").find("\"device\":\"cpu\"") != std::string::npos);
}
