#include "report/text.hpp"
#include "catch.hpp"
#include "report/text_table.hpp"
#include "tandem/base/error.hpp"

#include <cmath>

using namespace tandem::report;

TEST_CASE("numbers and durations are short") {
  CHECK(fixed(84.5049, 1) == "84.5");
  CHECK(short_number(0.000123456) == "0.0001235");
  CHECK(short_number(1234567) == "1.235e+06");
  CHECK(short_number(11.1765, 3) == "11.2");
  CHECK(duration(0) == "0:00");
  CHECK(duration(59.6) == "1:00");
  CHECK(duration(754) == "12:34");
  CHECK(duration(3723) == "1:02:03");
  CHECK(duration(2 * 86400 + 3 * 3600 + 4 * 60 + 5) == "2d 03:04:05");
  CHECK(duration(std::nan("")) == "?");
  CHECK(duration(-1) == "?");
}

TEST_CASE("text is measured and cut in characters") {
  CHECK(text_width("a\u00e9\u2013b") == 4);
  CHECK(cut_text("a\u00e9\u2013b", 3) == "a\u00e9\u2013");
  CHECK(cut_text("abc", 5) == "abc");
  CHECK(cut_text("abc", 0) == "");
}

TEST_CASE("a table is aligned") {
  TextTable table({"", "k 20", "best"});
  table.add({"raw pixels", "84.5", "85.1"});
  table.add({"trained \u2013 ours", "100.0"});
  CHECK(table.text() ==
        "                 k 20  best\n"
        "--------------  -----  ----\n"
        "raw pixels       84.5  85.1\n"
        "trained \u2013 ours  100.0\n");
  CHECK_THROWS_AS(table.add({"1", "2", "3", "4"}), tandem::Error);
}
