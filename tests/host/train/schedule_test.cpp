#include "train/schedule.hpp"
#include "catch.hpp"

#include <cmath>
#include <numbers>

using namespace tandem::train;

namespace {

bool near(double a, double b) {
  return std::abs(a - b) < 1e-12;
}

}  // namespace

TEST_CASE("a constant factor", "[schedule]") {
  const Schedule schedule;
  CHECK(schedule.factor(0, 10, 100) == 1);
  CHECK(schedule.factor(99, 10, 100) == 1);
}

TEST_CASE("the official Barlow Twins schedule", "[schedule]") {
  // 1000 epochs of 625 steps; 10 epochs up, then q + 0.001 (1 - q), q a half cosine over the rest.
  ScheduleOptions options;
  options.decay = Decay::cosine;
  options.warmup_epochs = 10;
  options.final = 0.001;
  const Schedule schedule(options);
  const auto factor = [&](std::int64_t step) { return schedule.factor(step, 625, 625000); };
  CHECK(factor(0) == 0);
  CHECK(near(factor(625), 0.1));
  CHECK(near(factor(6249), 6249.0 / 6250.0));
  CHECK(factor(6250) == 1);
  CHECK(near(factor(6250 + 309375), 0.5 + 0.0005));    // half way down
  CHECK(near(factor(6250 + 206250), 0.75 + 0.00025));  // a third: cos 60° = 1/2
  CHECK(near(factor(625000), 0.001));
  CHECK(near(factor(700000), 0.001));
}

TEST_CASE("the schedule of BYOL's authors ends at zero", "[schedule]") {
  ScheduleOptions options;
  options.decay = Decay::cosine;
  options.warmup_epochs = 10;
  const Schedule schedule(options);
  CHECK(near(schedule.factor(100, 312, 31200), 100.0 / 3120.0));
  CHECK(near(schedule.factor(3120 + 7020, 312, 31200),
             0.5 + 0.5 * std::numbers::sqrt2 / 2));  // a quarter: cos 45°
  CHECK(near(schedule.factor(31200, 312, 31200), 0));
}

TEST_CASE("SimSiam's cosine starts at once", "[schedule]") {
  ScheduleOptions options;
  options.decay = Decay::cosine;
  const Schedule schedule(options);
  CHECK(schedule.factor(0, 5, 100) == 1);
  CHECK(near(schedule.factor(50, 5, 100), 0.5));
}

TEST_CASE("per epoch, all steps of an epoch have the factor of its first", "[schedule]") {
  // The official SimSiam: (1 + cos(π·epoch/epochs))/2.
  ScheduleOptions options;
  options.decay = Decay::cosine;
  options.per_epoch = true;
  const Schedule schedule(options);
  for (std::int64_t step = 0; step < 100; ++step) {
    const auto epoch = static_cast<double>(step / 5);
    CHECK(near(schedule.factor(step, 5, 100), 0.5 * (1 + std::cos(std::numbers::pi * epoch / 20))));
  }
  options.warmup_epochs = 4;
  options.warmup_start = 0.2;
  CHECK(near(Schedule(options).factor(9, 5, 100), 0.4));
  CHECK(near(Schedule(options).factor(19, 5, 100), 0.8));
  CHECK(Schedule(options).factor(24, 5, 100) == 1);
}

TEST_CASE("steps fall at their milestones", "[schedule]") {
  ScheduleOptions options;
  options.decay = Decay::step;
  options.milestones = {80, 60, 90.5};
  options.gamma = 0.1;
  const Schedule schedule(options);
  CHECK(schedule.factor(599, 10, 1000) == 1);
  CHECK(near(schedule.factor(600, 10, 1000), 0.1));
  CHECK(near(schedule.factor(799, 10, 1000), 0.1));
  CHECK(near(schedule.factor(800, 10, 1000), 0.01));
  CHECK(near(schedule.factor(904, 10, 1000), 0.01));
  CHECK(near(schedule.factor(905, 10, 1000), 0.001));
}

TEST_CASE("a warm-up starts where it is told to", "[schedule]") {
  ScheduleOptions options;
  options.warmup_epochs = 0.5;
  options.warmup_start = 0.2;
  const Schedule schedule(options);
  CHECK(near(schedule.factor(0, 8, 100), 0.2));
  CHECK(near(schedule.factor(3, 8, 100), 0.8));
  CHECK(schedule.factor(4, 8, 100) == 1);
}

TEST_CASE("training shorter than its warm-up only warms up", "[schedule]") {
  ScheduleOptions options;
  options.decay = Decay::cosine;
  options.warmup_epochs = 10;
  const Schedule schedule(options);
  CHECK(near(schedule.factor(39, 10, 40), 0.39));
  CHECK(near(schedule.factor(100, 10, 40), 1));
}
