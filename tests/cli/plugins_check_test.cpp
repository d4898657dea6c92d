// `tandem plugins check`: what it prints, and how it ends.
#include "catch.hpp"
#include "workplace.hpp"

#include <set>

namespace {

const std::string fixtures = TANDEM_FIXTURE_PLUGINS;

Json checks_of(const Result& result) {
  return Json::parse(result.out)["checks"];
}

/// "group.rule" → verdict, of one id or of the file.
std::map<std::string, std::string> verdicts(const Result& result) {
  std::map<std::string, std::string> all;
  for (const auto& check : checks_of(result))
    all[check["group"].get<std::string>() + "." + check["rule"].get<std::string>()] =
        check["verdict"];
  return all;
}

}  // namespace

TEST_CASE("a shipped plugin passes by its file and by its id, and the words are kept for results") {
  const Workplace here;
  const auto file = here.run({"plugins", "check", std::string(TANDEM_PLUGIN_DIR) + "/image.so"});
  CAPTURE(file.out, file.err);
  CHECK(file.code == 0);
  CHECK(file.err.empty());
  CHECK(has(file.out, "seed 0"));
  CHECK(has(file.out, "  passed     threads_agree: 8 threads on one instance give what one gives"));
  CHECK_FALSE(has(file.out, "failed"));

  const auto id = here.run({"plugins", "check", "noise", "--json", "--seed", "7"});
  CHECK(id.code == 0);
  const auto report = Json::parse(id.out);
  CHECK(report["seed"] == 7);
  CHECK(report["ok"] == true);
  for (const auto& check : report["checks"]) {
    CHECK((check["id"] == "noise" || check["id"] == ""));
    CHECK(check["verdict"] == "passed");
  }
  CHECK(report["checks"].size() >= 25);
}

TEST_CASE("a broken promise ends with 5, tells what was seen, and skips what builds on it") {
  const Workplace here;
  const std::string file = fixtures + "/picture_faults.so";
  const auto text = here.run({"plugins", "check", file, "--rule", "applies", "--time-limit", "5"});
  CAPTURE(text.out, text.err);
  CHECK(text.code == 5);
  CHECK(has(text.out, "'throws_in_apply' failed: not today"));
  CHECK(has(text.out, "'crashes_in_apply' crashed: SIGSEGV"));
  CHECK(has(text.out, "'exits_in_apply' failed: the process was ended by the plugin"));
  CHECK(has(text.out, "'hangs_in_apply' timed out"));
  CHECK(has(text.out, "1 rules, 11 checks: 6 passed, 3 failed, 1 crashed, 1 timed out"));

  const auto one = here.run({"plugins", "check", "leaves_nothing", "--plugin", file, "--json"});
  CHECK(one.code == 5);
  CHECK(Json::parse(one.out)["ok"] == false);
  const auto found = verdicts(one);
  CHECK(found.at("augmentation.applies") == "failed");
  CHECK(found.at("augmentation.stays_inside") == "skipped");
  CHECK(found.at("robustness.process_ends_normally") == "passed");
}

TEST_CASE("what is left when the time for all is over counts as timed out") {
  const Workplace here;
  const std::string file = fixtures + "/picture_faults.so";
  const auto result = here.run({"plugins", "check", "hangs_in_apply", "--plugin", file, "--json",
                                "--group", "augmentation", "--total-limit", "2"});
  CAPTURE(result.out, result.err);
  CHECK(result.code == 5);
  const auto checks = checks_of(result);
  CHECK(checks.size() >= 10);
  for (const auto& check : checks) {
    CHECK(check["verdict"] == "timed out");
    CHECK(check["detail"] == "the whole check did not come to an end in time");
  }
}

TEST_CASE("an operation for series is checked on series, and the output says so") {
  const Workplace here;
  const auto result =
      here.run({"plugins", "check", "series_jitter", "--plugin", fixtures + "/signals.so"});
  CAPTURE(result.out);
  CHECK(result.code == 0);
  CHECK(has(result.out, "'series_jitter' passed: with 1×256×3 in floats; of pictures it says: "));
}

TEST_CASE("what is no plugin fails the rule about its stamp, and nothing else is tried") {
  const Workplace here;
  write_file(here / "words.so", "just words");
  const auto result = here.run({"plugins", "check", "words.so", "--json"});
  CHECK(result.code == 5);
  for (const auto& [rule, verdict] : verdicts(result)) {
    CAPTURE(rule);
    CHECK(verdict == (rule == "file.stamp_is_legal" ? "failed" : "skipped"));
  }
  const auto text = here.run({"plugins", "check", "nothere.so"});
  CHECK(text.code == 5);
  CHECK(has(text.out, "plugin nothere.so: No such file or directory"));
  CHECK(count(text.out, "skipped") == 1);  // in the summary
}

TEST_CASE("rules and groups are chosen by name, and listed") {
  const Workplace here;
  const auto listed = here.run({"plugins", "check", "--list", "--json"});
  CHECK(listed.code == 0);
  std::set<std::string> rules;
  for (const auto& rule : Json::parse(listed.out)) rules.insert(rule["name"]);
  CHECK(rules.size() == Json::parse(listed.out).size());
  CHECK(rules.size() >= 25);
  CHECK(has(here.run({"plugins", "check", "--list"}).out, "  loads (the file): it loads"));

  const auto group = verdicts(here.run({"plugins", "check", "noise", "--json", "--group", "file"}));
  CHECK_FALSE(group.empty());
  for (const auto& [rule, verdict] : group) CHECK(rule.rfind("file.", 0) == 0);
  const auto rule = here.run(
      {"plugins", "check", "noise", "--in-process", "--rule", "any_shape", "--rule", "file.loads"});
  CHECK(rule.code == 0);
  CHECK(has(rule.out, "2 rules, 2 checks: 2 passed"));
}

TEST_CASE("wrong words are told with the nearest right ones") {
  const Workplace here;
  const auto says = [&](const Words& words, int code, const std::string& part) {
    Words all = {"plugins", "check"};
    all.insert(all.end(), words.begin(), words.end());
    const auto result = here.run(all);
    CAPTURE(result.err);
    CHECK(result.code == code);
    CHECK(has(result.err, part));
    CHECK(result.out.empty());
  };
  says({"noise", "--rule", "any_shap"}, 2, "did you mean 'any_shape'?");
  says({"noise", "--group", "fil"}, 2, "did you mean 'file'?");
  says({"noise", "--seed", "-1"}, 2, "--seed needs a whole number of at least 0");
  says({"noise", "resize"}, 2, "needs a plugin's FILE or an ID");
  says({}, 2, "needs a plugin's FILE or an ID");
  says({"noise", "--set", "maxx=1"}, 3, "did you mean 'max'?");
  says({"resnet18", "--set", "width=0"}, 3, "'width' in backbone 'resnet18': must be at least 1");
  says({"noise", "--set", "max"}, 2, "expected KEY=VALUE");
  says({"nois"}, 5, "did you mean 'noise'?");
}
