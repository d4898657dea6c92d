// Equal configurations give equal runs, bit by bit.
#include "catch.hpp"
#include "workplace.hpp"

namespace {

struct Trained {
  std::vector<Json> metrics;
  std::string backbone, objective, views;
};

Trained train(const Workplace& here, const std::string& out, const Words& settings) {
  Words more = {"--out", out};
  for (const auto& setting : settings) more.insert(more.end(), {"--set", setting});
  const auto result = here.run(here.tiny(more));
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  const auto run = here / out;
  return {timeless_metrics(run), read_file(run / "backbone.safetensors"),
          read_file(run / "objective.safetensors"), read_file(run / "views.png")};
}

void check_equal(const Trained& a, const Trained& b) {
  CHECK(a.metrics == b.metrics);
  CHECK(a.backbone == b.backbone);
  CHECK(a.objective == b.objective);
  CHECK(a.views == b.views);
}

void check_reproducible(const std::string& id) {
  const Workplace here;
  const std::string objective = small_objective(id);
  const auto first = train(here, "first", {objective, "data.workers=0"});
  // Start, steps, a look and a matrix at the last one, epochs, kNN, end.
  CHECK(first.metrics.size() == 1 + 8 + 2 + 2 + 1 + 1);
  check_equal(first, train(here, "second", {objective, "data.workers=0"}));
  check_equal(first, train(here, "one", {objective, "data.workers=1"}));
  check_equal(first, train(here, "four", {objective, "data.workers=4"}));

  const auto other = train(here, "other", {objective, "data.workers=0", "run.seed=1"});
  CHECK(other.metrics != first.metrics);
  CHECK(other.backbone != first.backbone);
  CHECK(other.objective != first.objective);
  CHECK(other.views != first.views);
}

}  // namespace

TEST_CASE("a Barlow Twins run is reproducible, with any number of loader threads") {
  check_reproducible("barlow_twins");
}

TEST_CASE("a SimSiam run is reproducible, with any number of loader threads") {
  check_reproducible("simsiam");
}

TEST_CASE("a SimCLR run is reproducible, with any number of loader threads") {
  check_reproducible("simclr");
}

TEST_CASE("a BYOL run is reproducible, with any number of loader threads") {
  check_reproducible("byol");
}
