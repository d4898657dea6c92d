#include "eval/knn.hpp"
#include "catch.hpp"
#include "eval/top_k.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/random.hpp"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

using namespace tandem;
using namespace tandem::eval;

namespace {

using Rows = std::vector<std::vector<float>>;

Features features(const Rows& rows, std::vector<std::int64_t> labels) {
  const auto width = static_cast<std::int64_t>(rows.front().size());
  const auto values = at::empty({static_cast<std::int64_t>(rows.size()), width}, at::kFloat);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy(rows[i].begin(), rows[i].end(),
              values[static_cast<std::int64_t>(i)].data_ptr<float>());
  }
  return {values, std::move(labels)};
}

double top1(const Features& bank, const Features& queries, std::int64_t k, double temperature) {
  const KnnSetting setting{k, temperature};
  return knn(bank, queries, {&setting, 1}).front().top1;
}

/// Rows around one centre a class, near enough to one another to be confused.
struct Cloud {
  Rows rows;
  std::vector<std::int64_t> labels;
};

Cloud cloud(int count, int width, int classes, std::uint32_t number) {
  Cloud made;
  Random random({.seed = 7, .sample = number});
  for (int i = 0; i < count; ++i) {
    const auto label = random.integer(0, classes - 1);
    std::vector<float> row;
    for (int j = 0; j < width; ++j) {
      const double centre = std::sin(static_cast<double>(label * width + j) * 1.7);
      row.push_back(static_cast<float>(centre + 0.9 * random.normal()));
    }
    made.rows.push_back(row);
    made.labels.push_back(label);
  }
  return made;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

/// How many queries are answered rightly, from the definition, in float64.
std::vector<int> by_definition(const Cloud& bank, const Cloud& queries,
                               const std::vector<KnnSetting>& settings) {
  std::vector<int> right(settings.size());
  for (std::size_t q = 0; q < queries.rows.size(); ++q) {
    std::vector<std::pair<double, std::int64_t>> ranked;
    for (std::size_t i = 0; i < bank.rows.size(); ++i) {
      ranked.emplace_back(-cosine(queries.rows[q], bank.rows[i]), bank.labels[i]);
    }
    std::sort(ranked.begin(), ranked.end());
    for (std::size_t s = 0; s < settings.size(); ++s) {
      std::map<std::int64_t, double> votes;
      for (std::int64_t i = 0; i < settings[s].k; ++i) {
        const auto& [negative, label] = ranked[static_cast<std::size_t>(i)];
        votes[label] += std::exp(-negative / settings[s].temperature);
      }
      const auto winner = std::max_element(votes.begin(), votes.end(),
                                           [](auto& a, auto& b) { return a.second < b.second; });
      right[s] += winner->first == queries.labels[q];
    }
  }
  return right;
}

}  // namespace

TEST_CASE("votes by hand", "[knn]") {
  // Similarities of the query: 1, 0.8, 0.6, 0. Lengths must not matter.
  const auto bank = features({{3, 0}, {8, 6}, {0.06F, 0.08F}, {0, 1}}, {0, 1, 1, 0});
  const auto query = features({{5, 0}}, {0});
  CHECK(top1(bank, query, 1, 1) == 1);
  // e^1 = 2.7 against e^0.8 + e^0.6 = 4.0
  CHECK(top1(bank, query, 3, 1) == 0);
  // e^10 against e^8 + e^6 = 0.15 e^10
  CHECK(top1(bank, query, 3, 0.1) == 1);
  // e^1 + e^0 = 3.7 against 4.0
  CHECK(top1(bank, query, 4, 1) == 0);
}

TEST_CASE("euclidean votes by hand", "[knn]") {
  // Distances of the query: 1, 2, 2.5, 4; lengths do matter.
  const auto bank = features({{11, 0}, {10, 2}, {10, -2.5F}, {14, 0}}, {0, 1, 1, 0});
  const auto query = features({{10, 0}}, {0});
  const std::vector<KnnSetting> settings = {{1}, {3}, {4}};
  const auto results = knn(bank, query, settings, Metric::euclidean);
  CHECK(results[0].top1 == 1);
  CHECK(results[1].top1 == 1);  // 1 against 1/2 + 1/2.5 = 0.9
  const auto far = knn(features({{11.5F, 0}, {10, 2}, {10, -2.5F}}, {0, 1, 1}), query, settings,
                       Metric::euclidean);
  CHECK(far[1].top1 == 0);  // 1/1.5 = 0.67 against 0.9
}

TEST_CASE("euclidean neighbours agree with the definition, far from the origin too", "[knn]") {
  auto bank = cloud(5000, 12, 7, 3);
  auto queries = cloud(200, 12, 7, 4);
  for (auto* made : {&bank, &queries}) {
    for (auto& row : made->rows) {
      for (auto& value : row) value += 300;
    }
  }
  int right = 0;
  for (std::size_t q = 0; q < queries.rows.size(); ++q) {
    std::vector<std::pair<double, std::int64_t>> ranked;
    for (std::size_t i = 0; i < bank.rows.size(); ++i) {
      double square = 0;
      for (std::size_t j = 0; j < 12; ++j)
        square += std::pow(static_cast<double>(bank.rows[i][j]) - queries.rows[q][j], 2);
      ranked.emplace_back(std::sqrt(square), bank.labels[i]);
    }
    std::sort(ranked.begin(), ranked.end());
    std::map<std::int64_t, double> votes;
    for (std::size_t i = 0; i < 20; ++i) votes[ranked[i].second] += 1 / (ranked[i].first + 1e-5);
    const auto winner = std::max_element(votes.begin(), votes.end(),
                                         [](auto& a, auto& b) { return a.second < b.second; });
    right += winner->first == queries.labels[q];
  }
  const KnnSetting setting{20};
  const auto result = knn(features(bank.rows, bank.labels), features(queries.rows, queries.labels),
                          {&setting, 1}, Metric::euclidean)
                          .front();
  CHECK(std::abs(result.top1 * 200 - right) < 1.01);
  CHECK((right > 60 && right < 200));
}

TEST_CASE("every class has its own score", "[knn]") {
  const auto bank = features({{1, 0}, {0, 1}}, {2, 5});
  const auto queries = features({{1, 0}, {1, 0.1F}, {0, 1}, {1, 0}}, {2, 2, 5, 5});
  const KnnSetting setting{1, 0.1};
  const auto result = knn(bank, queries, {&setting, 1}).front();
  REQUIRE(result.classes.size() == 2);
  CHECK(result.classes.at(2).right == 2);
  CHECK(result.classes.at(2).queries == 2);
  CHECK(result.classes.at(5).share() == 0.5);
  CHECK(result.top1 == 0.75);
}

TEST_CASE("very low temperatures do not overflow", "[knn]") {
  const auto bank = features({{1, 0}, {0.8F, 0.6F}}, {0, 1});
  CHECK(top1(bank, features({{1, 0}}, {0}), 2, 1e-6) == 1);
}

TEST_CASE("ties have one answer", "[knn]") {
  const auto bank = features({{1, 0}, {1, 0}, {1, 0}}, {3, 1, 2});
  CHECK(top1(bank, features({{1, 0}}, {3}), 1, 0.1) == 1);  // the first row
  CHECK(top1(bank, features({{1, 0}}, {1}), 2, 0.1) == 1);  // the smaller class
  CHECK(top1(bank, features({{1, 0}}, {1}), 3, 0.1) == 1);
}

TEST_CASE("many settings in one pass agree with the definition", "[knn]") {
  const auto bank = cloud(5000, 12, 7, 1);
  const auto queries = cloud(300, 12, 7, 2);
  const std::vector<KnnSetting> settings = {{20, 0.1}, {1, 0.1}, {200, 0.05}, {5, 1}, {200, 0.5}};
  const auto results =
      knn(features(bank.rows, bank.labels), features(queries.rows, queries.labels), settings);
  const auto expected = by_definition(bank, queries, settings);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    INFO("setting " << i);
    CHECK(results[i].setting.k == settings[i].k);
    CHECK(results[i].setting.temperature == settings[i].temperature);
    // float32 may swap two rows that are equally similar in all but the last digits.
    CHECK(std::abs(results[i].top1 * 300 - expected[i]) < 1.01);
    CHECK((expected[i] > 100 && expected[i] < 299));
  }
}

TEST_CASE("rows without a label take no part", "[knn]") {
  const auto bank = features({{1, 0}, {0, 1}, {0.9F, 0.1F}}, {-1, 0, 1});
  const auto queries = features({{1, 0}, {1, 0}}, {1, -1});
  const KnnSetting setting{10, 0.1};
  const auto result = knn(bank, queries, {&setting, 1}).front();
  CHECK(result.top1 == 1);
  CHECK(result.setting.k == 2);
}

TEST_CASE("what cannot be evaluated is an error", "[knn]") {
  const auto good = features({{1, 0}, {0, 1}}, {0, 1});
  const auto kind = [&](const Features& bank, const Features& queries, KnnSetting setting) {
    try {
      knn(bank, queries, {&setting, 1});
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::internal;
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(kind(features({{1, 0}}, {-1}), good, {}) == ErrorKind::data);
  CHECK(kind(good, features({{1, 0}}, {-1}), {}) == ErrorKind::data);
  CHECK(kind(good, features({{nan, 0}}, {0}), {}) == ErrorKind::guard);
  CHECK(kind(good, features({{1, 0, 0}}, {0}), {}) == ErrorKind::data);
  CHECK(kind(good, good, {0, 0.1}) == ErrorKind::config);
  CHECK(kind(good, good, {1, 0}) == ErrorKind::config);
}

TEST_CASE("a row of zeros is similar to nothing", "[knn]") {
  const auto bank = features({{0, 0}, {-1, 0}, {1, 0}}, {0, 1, 2});
  CHECK(top1(bank, features({{0, 0}}, {0}), 1, 0.1) == 1);
  CHECK(top1(bank, features({{2, 0}}, {2}), 1, 0.1) == 1);
}

TEST_CASE("the grid and its best", "[knn]") {
  const auto grid = knn_grid();
  CHECK(std::any_of(grid.begin(), grid.end(),
                    [](auto& s) { return s.k == 20 && s.temperature == 0.1; }));
  const std::vector<KnnResult> results = {
      {{1, 0.1}, 0.5, {}}, {{5, 0.1}, 0.7, {}}, {{9, 0.1}, 0.7, {}}};
  CHECK(best(results).setting.k == 5);
}

TEST_CASE("the k most similar, block by block", "[knn]") {
  // Few different values, so that nearly all are ties.
  Random random({.seed = 11});
  const std::int64_t queries = 40, k = 9;
  const std::vector<std::int64_t> blocks = {4, 100, 1, 57};
  TopK found(queries, k);
  std::vector<std::vector<Neighbour>> all(queries);
  std::int64_t first = 0;
  for (const auto columns : blocks) {
    std::vector<float> block;
    for (std::int64_t q = 0; q < queries; ++q) {
      for (std::int64_t i = 0; i < columns; ++i) {
        block.push_back(static_cast<float>(random.integer(-5, 5)));
        all[static_cast<std::size_t>(q)].push_back({block.back(), first + i});
      }
    }
    found.add(block.data(), columns, first);
    first += columns;
  }
  for (std::int64_t q = 0; q < queries; ++q) {
    auto& expected = all[static_cast<std::size_t>(q)];
    std::stable_sort(expected.begin(), expected.end(),
                     [](auto& a, auto& b) { return a.similarity > b.similarity; });
    const auto neighbours = found.neighbours(q);
    REQUIRE(neighbours.size() == 9);
    for (std::size_t i = 0; i < 9; ++i) CHECK(neighbours[i].row == expected[i].row);
  }
}
