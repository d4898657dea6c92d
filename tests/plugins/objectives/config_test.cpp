#include "catch.hpp"
#include "support.hpp"

#include <ATen/Functions.h>

using namespace tandem;
using namespace tandem::test;

namespace {

std::string refusal(const std::string& id, const Settings& settings,
                    const ObjectiveContext& context) {
  return error_of(ErrorKind::config, [&] { make(id, settings, context); });
}

}  // namespace

TEST_CASE("an objective needs two views") {
  const std::string id = GENERATE("barlow_twins", "simsiam", "byol", "simclr");
  const std::string message = refusal(id, {}, toy(1));
  CHECK(contains(message, id));
  CHECK(contains(message, "not 1"));

  const auto objective = make(id, {}, toy());
  const std::vector<Embedding> one = {{at::rand({4, 8}), at::rand({4, 8}), {}}};
  CHECK(contains(error_of(ErrorKind::config, [&] { objective->loss(one, {}); }), id));
}

TEST_CASE("Barlow Twins refuses projection_sizes that do not fit, with both widths") {
  const std::string wrong =
      refusal("barlow_twins", {{"projection_sizes", Integers{512, 64, 64}}}, toy());
  CHECK(contains(wrong, "512"));
  CHECK(contains(wrong, "are 5 wide"));
  CHECK(contains(refusal("barlow_twins", {{"projection_sizes", Integers{5}}}, toy()),
                 "a width after"));
  const Settings both = {{"projection_sizes", Integers{5, 64}}, {"projector", Integers{64}}};
  CHECK(contains(refusal("barlow_twins", both, toy()), "keep one"));
}

TEST_CASE("Barlow Twins refuses a batch of one sample") {
  const auto objective = make("barlow_twins", {{"projector", Integers{8}}}, toy());
  const std::vector<Embedding> views(2, Embedding{at::rand({1, 8}), {}, {}});
  CHECK(contains(error_of(ErrorKind::config, [&] { objective->loss(views, {}); }),
                 "train.batch_size"));
}

TEST_CASE("a run in which no view is a target is refused") {
  const std::string id = GENERATE("simsiam", "byol");
  const auto objective = make(id, {}, toy());
  const std::vector<Embedding> views(2, Embedding{at::rand({4, 8}), {}, {}});
  const auto message = error_of(ErrorKind::config, [&] { objective->loss(views, {}); });
  CHECK(contains(message, id));
  CHECK(contains(message, "target = true"));
}

TEST_CASE("BYOL's cosine schedule needs the number of steps") {
  auto context = toy();
  context.total_steps = 0;
  const auto message = error_of(ErrorKind::config, [&] { make("byol", {}, context); });
  CHECK(contains(message, "number of steps"));
  CHECK(contains(message, "LearnerOptions::total_steps"));
  CHECK_NOTHROW(make("byol", {{"tau_schedule", std::string("constant")}}, context)
                    ->after_optimizer_step({}, {}));
}
