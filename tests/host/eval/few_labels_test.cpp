#include "eval/few_labels.hpp"
#include "catch.hpp"
#include "tandem/base/error.hpp"

#include <ATen/Functions.h>

#include <cmath>
#include <string>

using namespace tandem;
using namespace tandem::eval;

namespace {

/// Class 0: every other row like the query, the others across. Class 1: all half way between.
Features bank(std::int64_t per_class) {
  Features made{at::zeros({2 * per_class, 2}), {}};
  for (std::int64_t i = 0; i < 2 * per_class; ++i) {
    const bool half_way = i >= per_class;
    made.values[i][half_way ? 0 : i % 2] = 1;
    if (half_way) made.values[i][1] = 1;
    made.labels.push_back(half_way ? 1 : 0);
  }
  return made;
}

Features query() {
  return {at::tensor({1.0F, 0.0F}).view({1, 2}), {0}};
}

FewLabelsOptions one_label(int draws) {
  FewLabelsOptions options;
  options.labels_per_class = 1;
  options.k = 1;
  options.draws = draws;
  return options;
}

}  // namespace

TEST_CASE("a draw uses its few rows and no others", "[few_labels]") {
  // One row of each class: right where class 0's is like the query, which is a toss-up. With all
  // rows it would always be right.
  const auto result = few_labels(bank(50), query(), one_label(400));
  CHECK(std::abs(result.mean - 0.5) < 0.1);  // four standard deviations
  const double bernoulli = std::sqrt(result.mean * (1 - result.mean) * 400 / 399);
  CHECK(std::abs(result.deviation - bernoulli) < 1e-12);
}

TEST_CASE("draws repeat, and follow the seed", "[few_labels]") {
  auto options = one_label(25);
  const auto first = few_labels(bank(50), query(), options);
  CHECK(few_labels(bank(50), query(), options).mean == first.mean);
  bool differs = false;
  for (options.seed = 1; options.seed < 6; ++options.seed) {
    differs = differs || few_labels(bank(50), query(), options).mean != first.mean;
  }
  CHECK(differs);
}

TEST_CASE("with all labels every draw is the same", "[few_labels]") {
  auto options = one_label(3);
  options.labels_per_class = 10;
  const auto result = few_labels(bank(10), query(), options);
  CHECK(result.mean == 1);
  CHECK(result.deviation == 0);
}

TEST_CASE("a class with too few labels is named", "[few_labels]") {
  auto few = bank(10);
  few.labels[12] = -1;
  auto options = one_label(2);
  options.labels_per_class = 10;
  try {
    few_labels(few, query(), options);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::data);
    CHECK(std::string(error.what()).find("class 1 has 9") != std::string::npos);
  }
}
