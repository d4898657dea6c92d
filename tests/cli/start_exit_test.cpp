// The program starts, loads plugins and ends, again and again: nothing of theirs crashes on the way
// out.
#include "catch.hpp"
#include "workplace.hpp"

#include <cstdlib>

namespace {

/// TANDEM_TEST_CYCLES, or few.
int cycles() {
  const char* asked = std::getenv("TANDEM_TEST_CYCLES");
  return asked == nullptr ? 4 : std::atoi(asked);
}

}  // namespace

TEST_CASE("the program starts and exits with plugins loaded, every time the same", "[cycles]") {
  const Workplace here;
  const Words words =
      here.tiny({"--quiet", "--overwrite", "--set", "train.max_steps=1", "--set",
                 "view=[{count = 2, ops = [{use = \"invert\"}, {use = \"color_jitter\"}]}]",
                 "--set", "eval.knn_every=\"never\"", "--plugin",
                 (std::filesystem::path(TANDEM_FIXTURE_PLUGINS) / "good_ops.so").string()});
  Json first;
  for (int i = 0; i < cycles(); ++i) {
    CAPTURE(i);
    const auto result = here.run(words);
    CAPTURE(result.err);
    CHECK(result.code == 0);
    CHECK(result.err.empty());
    const auto step = events(here / "run", "step").at(0);
    if (i == 0) first = step.at("loss");
    CHECK(step.at("loss") == first);
  }
}
