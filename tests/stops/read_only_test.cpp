// File systems that cannot be written to, from the start or from some moment on.
#include "catch.hpp"
#include "resuming.hpp"

#include <sstream>

namespace {

/// What a file system that is read-only refuses of a path; files that are open may go on.
const std::string refused_calls = "open,mkdir,rename,unlink,symlink,ftruncate";

std::map<std::string, std::string> refusing(const std::string& error, const std::string& path,
                                            int from) {
  auto environment = fault(error, path, from, refused_calls);
  environment["TANDEM_FAULT_FOR"] = "all";
  return environment;
}

Words saving(const Workplace& here, const std::string& out) {
  return here.tiny({"--out", out, "--set", "checkpoint.every_steps=4"});
}

/// The number, among the calls that are refused, of the first one for a checkpoint.
int first_call_for(const std::string& checkpoint, const Words& calls) {
  int number = 0;
  for (const auto& call : calls) {
    if (!has("," + refused_calls + ",", "," + call.substr(0, call.find(' ')) + ",")) continue;
    ++number;
    if (has(call, checkpoint)) return number;
  }
  FAIL("no call for " << checkpoint);
  return 0;
}

}  // namespace

TEST_CASE("a run folder that cannot be written is named before training, with what to do") {
  const std::map<std::string, std::string> reasons = {{"EROFS", "Read-only file system"},
                                                      {"EACCES", "Permission denied"}};
  for (const auto& [error, reason] : reasons) {
    for (const bool there : {false, true}) {
      const Workplace here;
      CAPTURE(error, there);
      if (there) std::filesystem::create_directory(here / "run");
      const auto result = here.run(here.tiny(), refusing(error, "/run", 1));
      CAPTURE(result.err);
      CHECK(result.code == 8);
      CHECK(result.out.empty());
      CHECK(count(result.err, "error:") == 1);
      CHECK(has(result.err,
                "run folder run cannot be written: " + reason + "; name another with --out"));
      CHECK(here.exists("run") == there);
      if (there) CHECK(std::filesystem::is_empty(here / "run"));
    }
  }
}

TEST_CASE("a run folder that becomes read-only ends the run, and the old checkpoint stays") {
  const Workplace here;
  const auto calls = calls_of(here, saving(here, "whole"), "/whole/");
  const int at = first_call_for("step-00000008", calls);
  const auto result = here.run(saving(here, "run"), refusing("EROFS", "/run/", at));
  CAPTURE(result.err);
  CHECK(result.code == 8);
  CHECK(count(result.err, "error:") == 1);
  CHECK(has(result.err,
            "cannot write run/checkpoints/step-00000008: Read-only file system; check "
            "that its folder exists and may be written to"));
  const auto verified = here.run({"ckpt", "verify", "run"});
  CHECK(verified.code == 0);
  CHECK(has(verified.out, "step-00000004: whole"));
  const auto resumed = here.run({"train", "run", "--resume"});
  CAPTURE(resumed.err);
  CHECK(resumed.code == 0);
  CHECK(has(resumed.err, "goes on after step 4 of 8"));
  check_same(ended(here / "whole"), ended(here / "run"));
}
