// `tandem doctor`: a page about this machine that names what is wrong.
#include "catch.hpp"
#include "workplace.hpp"

namespace {

std::map<std::string, Json> findings(const Result& result) {
  std::map<std::string, Json> found;
  const auto json = Json::parse(result.out);
  for (const auto& finding : json.at("findings")) found[finding.at("name")] = finding;
  return found;
}

}  // namespace

TEST_CASE("doctor tells machine and build, with a remedy wherever something is not ok") {
  const Workplace here;
  const auto result = here.run({"doctor", "--json"});
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  const auto found = findings(result);
  for (const auto& [name, finding] : found) {
    CAPTURE(name);
    CHECK_FALSE(finding.at("text").get<std::string>().empty());
    CHECK((finding.at("health") == "ok") == finding.at("remedy").get<std::string>().empty());
    CHECK(finding.at("health") != "problem");
  }
  CHECK(has(found.at("program").at("text"), "tandem 0."));
  CHECK(has(found.at("libtorch").at("text"), "oneDNN v"));
  CHECK(found.at("threads").at("values").at("used") >= 1);
  CHECK(found.at("threads").at("values").at("used") <=
        found.at("threads").at("values").at("affinity"));
  const auto& precision = found.at("precision").at("values");
  CHECK((precision.at("auto") == "float32" || precision.contains("gain")));
  CHECK(found.at("heap").at("values").at("retained") == true);
  CHECK(found.at("plugins").at("values").at("objectives") >= 4);
  CHECK(found.at("presets").at("values").at("count") >= 1);
  CHECK(found.at("disk").at("values").at("free_bytes") > 0);
  CHECK(found.at("terminal").at("values").at("stdout") == false);
  CHECK_FALSE(here.exists("runs"));

  const auto text = here.run({"doctor"});
  CHECK(text.code == 0);
  for (const auto& [name, finding] : found) CHECK(has(text.out, " " + name + " "));
}

TEST_CASE("doctor shows what is switched off, and a plugin that is refused with its reason") {
  const Workplace here;
  const auto given = here.run({"doctor", "--json"}, {{"TANDEM_RETAIN_HEAP", "0"}});
  CHECK(given.code == 0);
  CHECK(findings(given).at("heap").at("health") == "note");

  std::filesystem::create_directories(here / "more");
  write_file(here / "more/broken.so", "no plugin");
  const auto refused = here.run({"doctor", "--json", "--plugin-path", "more"});
  CHECK(refused.code == 0);
  const auto plugin = findings(refused).at("plugin");
  CHECK(plugin.at("health") == "note");
  CHECK(has(plugin.at("text"), "more/broken.so"));
}

TEST_CASE("what stops training is a problem, and doctor's exit code is training's") {
  const Workplace here;
  const std::map<std::string, std::string> wrong = {{"TANDEM_PLUGIN_PATH", "relative/folder"}};
  const auto result = here.run({"doctor", "--json"}, wrong);
  CHECK(result.code == 5);
  CHECK(here.run(here.tiny(), wrong).code == 5);
  const auto plugins = findings(result).at("plugins");
  CHECK(plugins.at("health") == "problem");
  CHECK(has(plugins.at("text"), "relative/folder"));
}
