// Any number of views, with every objective that is installed.
#include "catch.hpp"
#include "workplace.hpp"

#include <cmath>

namespace {

/// The first step's loss, with `count` views that show the picture as it is.
double first_loss(const Workplace& here, const std::string& objective, int count) {
  const std::string out = "views" + std::to_string(count);
  const auto result = here.run(here.tiny(
      {"--out", out, "--overwrite", "--set", objective, "--set", "train.max_steps=1", "--set",
       "run.precision=float64", "--set", "view=[{count = " + std::to_string(count) + ", ops = []}]",
       "--set", "eval.knn_every=\"never\""}));
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  return events(here / out, "step").at(0).at("loss");
}

}  // namespace

TEST_CASE("with more than two views a loss is the mean over the pairs of views") {
  const Workplace here;
  for (const std::string id : {"barlow_twins", "simsiam", "byol"}) {
    CAPTURE(id);
    // Equal views: every pair has the loss of two.
    const double two = first_loss(here, small_objective(id), 2);
    CHECK(std::abs(two) > 1e-3);
    for (int count : {3, 4}) {
      CAPTURE(count);
      CHECK(std::abs(first_loss(here, small_objective(id), count) / two - 1) < 1e-9);
    }
  }
}

TEST_CASE("with more than two views SimCLR finds each other view among all rows but its own") {
  const Workplace here;
  const std::string objective =
      "objective={use = \"simclr\", projector = [16, 16], temperature = 1000}";
  for (int count : {2, 3, 4}) {
    CAPTURE(count);
    // Eight pictures; cosines divided by 1000 tell nothing apart.
    CHECK(std::abs(first_loss(here, objective, count) - std::log(8.0 * count - 1)) < 2.0 / 1000);
  }
}

TEST_CASE("three and four views, of which some have no target, train with every objective") {
  const Workplace here;
  for (const std::string id : {"barlow_twins", "simsiam", "byol", "simclr"}) {
    for (const std::string locals : {"1", "2"}) {
      CAPTURE(id, locals);
      const auto result = here.run(here.tiny(
          {"--overwrite", "--set", small_objective(id), "--set", "train.epochs=1", "--set",
           "view=[{count = 2, role = \"global\", ops = [{use = \"random_resized_crop\", size = "
           "12}]}, {count = " +
               locals +
               ", role = \"local\", target = false, ops = [{use = \"random_resized_crop\", size = "
               "8}]}]"}));
      CAPTURE(result.err);
      REQUIRE(result.code == 0);
      const auto steps = events(here / "run", "step");
      REQUIRE(steps.size() == 4);
      for (const auto& step : steps) CHECK(std::isfinite(step.at("loss").get<double>()));
    }
  }
}
