// What a run leaves for its page: a map of embeddings and nearest neighbours.
#include "catch.hpp"
#include "workplace.hpp"

#include <cmath>

namespace {

Json gallery(const Workplace& here) {
  return Json::parse(read_file(here / "run/gallery.json"));
}

struct Moments {
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
};

Moments moments(const std::vector<double>& x, const std::vector<double>& y) {
  Moments m;
  const auto n = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    m.x += x[i] / n;
    m.y += y[i] / n;
    m.xx += x[i] * x[i] / n;
    m.yy += y[i] * y[i] / n;
    m.xy += x[i] * y[i] / n;
  }
  return m;
}

}  // namespace

TEST_CASE("the map's axes are principal components, and its labels the pictures'") {
  const Workplace here;
  REQUIRE(here.run(here.tiny({"--set", "eval.holdout=0"})).code == 0);
  const auto map = gallery(here).at("map");
  CHECK(map.at("pictures") == "40 of 40 training pictures");
  const std::vector<double> x = map.at("x"), y = map.at("y"), share = map.at("explained");
  REQUIRE(x.size() == 40);
  REQUIRE(y.size() == 40);
  CHECK(map.at("labels").size() == 40);
  // Centred, uncorrelated, and their variances are in the ratio of what they explain; all numbers
  // are written with four digits.
  const auto m = moments(x, y);
  CHECK(std::abs(m.x) < 1e-3 * std::sqrt(m.xx));
  CHECK(std::abs(m.y) < 1e-3 * std::sqrt(m.yy));
  CHECK(std::abs(m.xy) < 1e-3 * std::sqrt(m.xx * m.yy));
  CHECK(m.xx / m.yy == Approx(share[0] / share[1]).epsilon(5e-3));
  CHECK(share[0] >= share[1]);
  CHECK(share[0] + share[1] <= 1);
}

TEST_CASE("neighbours are others than the picture itself, the most similar first") {
  const Workplace here;
  REQUIRE(here.run(here.tiny({"--set", "eval.holdout=0"})).code == 0);
  const auto neighbours = gallery(here).at("neighbours");
  CHECK(neighbours.at("bank") == "40 of 40 training pictures");
  REQUIRE(neighbours.at("queries").size() == 8);
  for (const auto& query : neighbours.at("queries")) {
    REQUIRE(query.at("neighbours").size() == 6);
    double last = 1.0001;
    for (const auto& found : query.at("neighbours")) {
      CHECK(found.at("name") != query.at("name"));
      CHECK(found.at("similarity").get<double>() <= last);
      last = found.at("similarity");
      CHECK(has(found.at("png"), "data:image/png;base64,iVBORw0KGgo"));  // a PNG's first bytes
    }
  }
}

TEST_CASE("held-out pictures are looked up among the training pictures") {
  const Workplace here;
  REQUIRE(here.run(here.tiny()).code == 0);
  CHECK(gallery(here).at("map").at("pictures") == "4 of 4 held-out or test pictures");
  CHECK(gallery(here).at("neighbours").at("bank") == "36 of 36 training pictures");
  CHECK(gallery(here).at("neighbours").at("queries").size() == 4);
}

TEST_CASE("a run that cannot have a gallery has a page without one") {
  const Workplace here;
  // One picture makes no map.
  const auto one = here.run(here.tiny({"--set", "eval.holdout=0.025"}));
  CHECK(one.code == 0);
  CHECK(has(one.err, "no map of embeddings"));
  CHECK_FALSE(gallery(here).contains("map"));
  CHECK(has(read_file(here / "run/report.html"), "Nearest neighbours"));
  // A run that fails has a page that says so.
  const auto failed = here.run(here.tiny(
      {"--overwrite", "--set", "optimizer.lr=1e30", "--set", "schedule.warmup_epochs=0"}));
  CHECK(failed.code == 7);
  CHECK_FALSE(here.exists("run/gallery.json"));
  CHECK(has(read_file(here / "run/report.html"), "run failed after"));
}
