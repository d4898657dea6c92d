#include "report/statistics.hpp"
#include "catch.hpp"

#include <cmath>

using namespace tandem::report;

TEST_CASE("Student's t is that of the published tables") {
  struct Row {
    double degrees, upper, t;
  };
  // Upper 2.5 %, 0.5 % and 5 % points, to the three decimals of the tables.
  const Row rows[] = {{1, 0.025, 12.706},  {2, 0.025, 4.303},  {3, 0.025, 3.182},
                      {4, 0.025, 2.776},   {5, 0.025, 2.571},  {9, 0.025, 2.262},
                      {10, 0.025, 2.228},  {29, 0.025, 2.045}, {30, 0.025, 2.042},
                      {120, 0.025, 1.980}, {3, 0.005, 5.841},  {1, 0.05, 6.314},
                      {7, 0.05, 1.895},    {60, 0.005, 2.660}};
  for (const auto& [degrees, upper, t] : rows) {
    CAPTURE(degrees, upper);
    CHECK(std::abs(student_t(degrees, upper) - t) <= 0.0005);
  }
  // One and two degrees of freedom have formulas: tan(π (1/2 − p)), (1 − 2p) √(2 / (1 − (1−2p)²)).
  CHECK(student_t(1, 0.025) == Approx(std::tan(std::acos(-1.0) * 0.475)).epsilon(1e-10));
  CHECK(student_t(2, 0.025) == Approx(0.95 * std::sqrt(2 / (1 - 0.95 * 0.95))).epsilon(1e-10));
  // With many degrees it is the normal distribution's 1.959964.
  CHECK(student_t(1e7, 0.025) == Approx(1.959964).epsilon(1e-6));
}

TEST_CASE("paired intervals: the sleep data of Student's paper of 1908") {
  const auto interval = paired_interval({1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4});
  CHECK(interval.pairs == 10);
  CHECK(interval.mean == Approx(1.58));
  // R's t.test gives 0.7001142 to 2.4598858.
  CHECK(interval.mean - interval.half_width == Approx(0.7001142).epsilon(1e-6));
  CHECK(interval.mean + interval.half_width == Approx(2.4598858).epsilon(1e-6));
  CHECK(interval.shows_difference());
}

TEST_CASE("one pair has no interval, and an interval over 0 shows nothing") {
  CHECK(paired_interval({}).pairs == 0);
  const auto one = paired_interval({3.0});
  CHECK(one.mean == 3.0);
  CHECK(std::isnan(one.half_width));
  CHECK_FALSE(one.shows_difference());
  // Mean 1, deviation √2, t 12.706: 1 ± 12.706.
  const auto two = paired_interval({0.0, 2.0});
  CHECK(two.half_width == Approx(12.7062047).epsilon(1e-6));
  CHECK_FALSE(two.shows_difference());
  CHECK(paired_interval({-2.0, -2.0, -2.0}).shows_difference());
}

TEST_CASE("deviations have n - 1 in the denominator") {
  const auto four = spread({2, 4, 4, 6});
  CHECK(four.mean == 4);
  CHECK(four.deviation == Approx(std::sqrt(8.0 / 3)));
  CHECK(std::isnan(spread({5}).deviation));
  CHECK(std::isnan(spread({}).mean));
}
