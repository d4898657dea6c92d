#include "catch.hpp"
#include "config/config.hpp"
#include "fixtures.hpp"

using namespace tandem;
using namespace tandem::config;
using config_test::error_of;

TEST_CASE("a plugin's schema must leave the host's names alone") {
  Document d = parse_text(config_test::complete, "c.toml");
  d.set("view[0].ops[0].use=clash", "--set #1");
  CHECK(
      error_of([&] { check(d, config_test::lookup); })
          .starts_with("5: --set #1: error: augmentation 'clash' declares its parameters wrongly: "
                       "'use' belongs to the host\n"));
}

TEST_CASE("a schema that cannot be used is refused") {
  const auto fault = [](const Param& param) {
    const Schema one{{param}};
    return error_of([&] { check_schema(one, "objective 'x'"); });
  };
  Param good;
  good.name = "rate";
  good.doc = "a rate";
  good.fallback = 0.5;
  CHECK(fault(good) == "nothing");
  const Schema twice{{good, good}};
  CHECK(error_of([&] { check_schema(twice, "objective 'x'"); }) ==
        "5: objective 'x' declares its parameters wrongly: 'rate' is declared twice");
  for (const char* name : {"use", "tap", "pool", "trust", "ops"}) {
    Param bad = good;
    bad.name = name;
    CHECK(fault(bad).ends_with("belongs to the host"));
    bad = good;
    bad.aliases = {name};
    CHECK(fault(bad).ends_with("belongs to the host"));
  }
  for (const char* name : {"", "Rate", "1d", "a-b", "a.b", "_a"}) {
    Param bad = good;
    bad.name = name;
    CHECK(fault(bad).ends_with("is not a name: a-z, then a-z, 0-9 and _"));
  }
  Param bad = good;
  bad.low = 0.75;
  CHECK(fault(bad).ends_with("'rate' has a default that must be at least 0.75, is 0.5"));
  bad.words = {{"half", 0.5}};
  CHECK(fault(bad) == "nothing");
  bad = good;
  bad.fallback = std::int64_t{1};
  CHECK(fault(bad).ends_with("has a default of another type"));
  bad = good;
  bad.doc = "two\nlines";
  CHECK(fault(bad).ends_with("has a description or unit of more than one line"));
  bad.doc = "";
  CHECK(fault(bad).ends_with("has no description"));
  bad = good;
  bad.type = ParamType::integer;
  bad.fallback = std::int64_t{1};
  bad.words = {{"half", 0.5}};
  CHECK(fault(bad).ends_with("has a word for what is not an integer"));
}

TEST_CASE("the host's own schemas can be used") {
  for (const auto* list : {&optimizers(), &schedules()})
    for (const NamedSchema& item : *list) CHECK_NOTHROW(check_schema(item.schema, item.name));
  for (const NamedSchema& item : sections()) {
    INFO(item.name);
    if (item.name != "backbone") CHECK_NOTHROW(check_schema(item.schema, item.name));
  }
}
