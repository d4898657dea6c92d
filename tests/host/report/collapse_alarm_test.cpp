#include "report/collapse_alarm.hpp"

#include "catch.hpp"

#include <string>

using namespace tandem::report;

namespace {

HealthEvent look(std::int64_t step, double std, double rank, double limit = 256) {
  return {step,
          1,
          {{"embedding_std", std},
           {"embedding_std_even", 0.1},
           {"effective_rank", rank},
           {"rank_limit", limit}}};
}

}  // namespace

TEST_CASE("a spread under a tenth of an even one is told at the second look, once") {
  CollapseAlarm alarm;
  CHECK_FALSE(alarm.look(look(25, 0.0099, 50)));
  const auto told = alarm.look(look(50, 0.0099, 50));
  REQUIRE(told);
  CHECK(told->step == 50);
  CHECK(told->sign.find("nearly the same embedding") != std::string::npos);
  CHECK(told->sign.find("0.0099") != std::string::npos);
  CHECK(told->cause.find("optimizer.lr") != std::string::npos);
  CHECK_FALSE(alarm.look(look(75, 0.0099, 50)));
}

TEST_CASE("a rank under three is told, where more were possible") {
  CollapseAlarm alarm;
  alarm.look(look(25, 0.1, 2.9));
  const auto told = alarm.look(look(50, 0.1, 2.9));
  REQUIRE(told);
  CHECK(told->sign.find("2.9 directions of 256") != std::string::npos);
  CollapseAlarm narrow;
  narrow.look(look(25, 0.1, 2.9, 15));
  CHECK_FALSE(narrow.look(look(50, 0.1, 2.9, 15)));
}

TEST_CASE("a look that is well forgets the one before; a second collapse is told again") {
  CollapseAlarm alarm;
  CHECK_FALSE(alarm.look(look(25, 0.001, 50)));
  CHECK_FALSE(alarm.look(look(50, 0.011, 3.1)));
  CHECK_FALSE(alarm.look(look(75, 0.001, 50)));
  CHECK(alarm.look(look(100, 0.001, 50)));
  CHECK_FALSE(alarm.look(look(125, 0.1, 50)));
  CHECK_FALSE(alarm.look(look(150, 0.001, 50)));
  CHECK(alarm.look(look(175, 0.001, 50)));
}

TEST_CASE("an event without embeddings, of an objective that has none, is no sign") {
  CollapseAlarm alarm;
  for (int i = 1; i < 4; ++i) CHECK_FALSE(alarm.look({25 * i, 1, {{"gradient_norm", 0.0}}}));
}
