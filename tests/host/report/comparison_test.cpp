#include "report/comparison.hpp"
#include "catch.hpp"
#include "run_folders.hpp"

#include <cmath>

using namespace tandem::report;

namespace {

class Runs {
 public:
  void add(const std::string& name, const MadeRun& run) {
    make_run(folder_ / name, run);
    records.push_back(read_run(folder_ / name));
  }
  Comparison compare() const { return compare_runs(records, group_runs(records)); }
  std::vector<RunRecord> records;

 private:
  TemporaryFolder folder_;
};

bool mentions(const std::vector<std::string>& list, const std::string& text) {
  for (const auto& item : list)
    if (item.find(text) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("runs of one configuration are its seeds, and differences are paired by seed") {
  Runs runs;
  const double base[] = {80.0, 82.0, 81.0}, other[] = {82.5, 83.5, 83.0};
  for (const int seed : {2, 0, 1}) {
    const std::string name = "seed-" + std::to_string(seed);
    runs.add("a/" + name, {.seed = seed, .accuracy = base[seed]});
    runs.add("b/" + name, {.objective = "simsiam", .seed = seed, .accuracy = other[seed]});
  }
  const auto result = runs.compare();
  REQUIRE(result.rows.size() == 2);
  CHECK(result.rows[0].label == "a");
  CHECK(result.rows[0].accuracy.mean == Approx(81));
  CHECK(result.rows[0].accuracy.deviation == Approx(1));
  CHECK(result.rows[0].to_first.pairs == 0);
  // Differences 2.5, 1.5, 2.0: mean 2, deviation 0.5, half width 4.303 · 0.5 / √3.
  CHECK(result.rows[1].to_first.mean == Approx(2));
  CHECK(result.rows[1].to_first.half_width == Approx(4.30265 * 0.5 / std::sqrt(3)).epsilon(1e-5));
  CHECK(result.rows[1].to_first.shows_difference());
  CHECK(result.protocol == "kNN k 20, resnet18, after 40 steps, epoch 4");
  CHECK(result.cautions.empty());
  CHECK(mentions(result.notes, "not tuned"));
  CHECK(shown(result.rows[1].to_first) == "+2.00 ± 1.24");
  const auto text = to_text(result);
  CHECK(text.find("81.00 ± 1.00") != std::string::npos);
  CHECK(text.find("250") != std::string::npos);
}

TEST_CASE("an interval over 0 is told as no difference") {
  CHECK(shown(Interval{3, 0.5, 0.9}) == "+0.50 ± 0.90: no difference shown");
  CHECK(shown(Interval{3, -1.5, 0.9}) == "−1.50 ± 0.90");
  CHECK(shown(Interval{1, 1.5, std::nan("")}) == "+1.50 (1 seed: no interval)");
  CHECK(shown(Interval{}) == "-");
}

TEST_CASE("only finished runs enter, and what differs is told") {
  Runs runs;
  runs.add("one", {.accuracy = 70});
  runs.add("two", {.seed = 1, .accuracy = 10, .end = "interrupted"});
  runs.add("three", {.seed = 2, .accuracy = 10, .end = ""});
  runs.add("four", {.objective = "simsiam", .fingerprint = "fedcba9876543210", .batch_size = 64});
  const auto result = runs.compare();
  REQUIRE(result.rows.size() == 2);
  CHECK(result.rows[0].label == "byol");
  CHECK(result.rows[0].accuracy.count == 1);
  CHECK(result.rows[0].accuracy.mean == 70);
  CHECK(shown_count(result.rows[0]) == "1 of 3");
  CHECK(result.rows[1].label == "four");
  CHECK(mentions(result.cautions, "two was interrupted after 40 of 40 steps"));
  CHECK(mentions(result.cautions, "three has not ended"));
  CHECK(mentions(result.cautions, "different pictures: 0123456789abcdef (one, two, three)"));
  CHECK(mentions(result.cautions, "different batch sizes: 32 (one, two, three); 64 (four)"));
}

TEST_CASE("a lack of accuracies is told apart from a lack of seeds") {
  Runs runs;
  runs.add("a", {});
  runs.add("b", {.objective = "simsiam"});
  runs.add("c", {.objective = "simclr"});
  const std::string seeds = "no interval without two seeds";
  CHECK(mentions(runs.compare().notes, seeds));
  CHECK_FALSE(mentions(runs.compare().notes, "No accuracy"));
  runs.records[1].evaluations.clear();
  const auto one = runs.compare();
  CHECK(mentions(one.notes, "No accuracy of b: the pictures have no labels"));
  CHECK(mentions(one.notes, seeds));  // of a and c
  runs.records[0].evaluations.clear();
  const auto two = runs.compare();
  CHECK(mentions(two.notes, "No accuracy of a, b: "));
  CHECK_FALSE(mentions(two.notes, seeds));  // differences are to a
  runs.records.resize(1);
  CHECK(mentions(runs.compare().notes, "No accuracy of a: "));
}

TEST_CASE("times of different machines or threads are told") {
  Runs runs;
  runs.add("one", {});
  runs.add("two", {.seed = 1, .threads = 1});
  CHECK(mentions(runs.compare().cautions,
                 "times are of different machines: Abacus, 1 thread (two); Abacus, 2 threads "
                 "(one)"));
}

TEST_CASE("another setting makes another configuration; seed, folder and threads do not") {
  Runs runs;
  runs.add("x", {});
  runs.add("y", {.seed = 1});
  runs.add("z", {.settings = "[optimizer]\nlr = 0.2\n"});
  runs.add("w", {.settings = "[data]\nworkers = 3\n[optimizer]\nlr = 0.1\n"});
  const auto groups = group_runs(runs.records);
  // `w` has a section more, which is another text: a resolved configuration names every key.
  CHECK(groups[0].runs == std::vector<std::size_t>{0, 1});
  CHECK(groups[1].runs == std::vector<std::size_t>{2});
}

TEST_CASE("another build of a plugin, or other initial weights, make another configuration") {
  Runs runs;
  runs.add("one", {});
  runs.add("two", {.seed = 1});
  runs.add("three", {.seed = 2});
  runs.records[1].manifest["plugins"] = {{{"id", "byol"}, {"sha256", "11"}}};
  runs.records[2].manifest["initial_weights"] = {{"sha256", "22"}};
  CHECK(group_runs(runs.records).size() == 3);
}
