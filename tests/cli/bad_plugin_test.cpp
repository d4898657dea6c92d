// Plugins that are not there, not plugins, not for this host, or fail.
#include "catch.hpp"
#include "host/plugin/forge.hpp"
#include "workplace.hpp"

#include <cstring>

namespace {

const std::filesystem::path plugins = TANDEM_PLUGIN_DIR;
const std::filesystem::path fixtures = TANDEM_FIXTURE_PLUGINS;

void for_another_libtorch(tandem::Stamp& stamp) {
  std::memset(stamp.libtorch, 0, sizeof stamp.libtorch);
  std::strcpy(stamp.libtorch, "1.13");
}

std::string views_of(const std::string& op) {
  return "view=[{count = 2, ops = [" + op + "]}]";
}

struct Refused {
  std::string file;
  Words parts;
};

}  // namespace

TEST_CASE("a plugin's file that cannot be used is refused with its name and the reason") {
  const Workplace here;
  const std::string whole = read_file(plugins / "barlow_twins.so");
  write_file(here / "truncated.so", whole.substr(0, whole.size() / 2));
  write_file(here / "empty.so", "");
  write_file(here / "text.so", "not a library\n");
  std::filesystem::copy(fixtures / "not_a_plugin.so", here / "library.so");
  forge(plugins / "barlow_twins.so", here / "other_torch.so", for_another_libtorch);
  const std::vector<Refused> table = {
      {"missing.so", {"No such file"}},
      {"truncated.so", {"is truncated"}},
      {"empty.so", {"is not a 64-bit shared library"}},
      {"text.so", {"is not a 64-bit shared library"}},
      {"library.so", {"is not a Tandem plugin", "tandem_add_plugin()"}},
      {"other_torch.so",
       {"does not fit this host", "LibTorch: found 1.13, expected 2.",
        "build both against the same LibTorch"}},
  };
  for (const auto& [file, parts] : table) {
    CAPTURE(file);
    const auto result = here.run(here.tiny({"--plugin", file}));
    CAPTURE(result.err);
    CHECK(result.code == 5);
    CHECK(result.out.empty());
    CHECK(count(result.err, "error:") == 1);
    CHECK(has(result.err, "plugin " + file + " ") + has(result.err, "plugin " + file + ": ") == 1);
    for (const auto& part : parts) CHECK(has(result.err, part));
    CHECK_FALSE(here.exists("run"));
  }
  CHECK(here.run(here.tiny({"--plugin-path", "nowhere"})).code == 5);
}

TEST_CASE("a plugin of another LibTorch in a folder is listed as unusable, and the rest works") {
  const Workplace here;
  std::filesystem::create_directory(here / "mine");
  forge(fixtures / "good_ops.so", here / "mine/good_ops.so", for_another_libtorch);
  const std::map<std::string, std::string> path = {
      {"TANDEM_PLUGIN_PATH", (here / "mine").string()}};

  const auto listed = here.run({"plugins", "list"}, path);
  CHECK(listed.code == 0);
  CHECK(has(listed.out, "unusable: plugin "));
  CHECK(has(listed.out, "LibTorch: found 1.13"));
  CHECK(here.run(here.tiny({"--dry-run"}), path).code == 0);

  const auto used = here.run(here.tiny({"--set", views_of("{use = \"invert\"}")}), path);
  CHECK(used.code == 5);
  CHECK(count(used.err, "error:") == 1);
  CHECK(has(used.err, "good_ops.so does not fit this host"));
  CHECK_FALSE(here.exists("run"));
}

TEST_CASE("an author's plugin is used from its file and from a folder") {
  const Workplace here;
  const std::string views = views_of("{use = \"horizontal_flip\"}, {use = \"invert\"}");
  const auto file =
      here.run(here.tiny({"--set", views, "--plugin", (fixtures / "good_ops.so").string()}));
  CAPTURE(file.err);
  CHECK(file.code == 0);
  CHECK(has(read_file(here / "run/manifest.json"), "\"good_ops\""));

  std::filesystem::create_directory(here / "mine");
  std::filesystem::copy(fixtures / "good_ops.so", here / "mine/good_ops.so");
  const auto folder = here.run(here.tiny({"--dry-run", "--set", views, "--plugin-path", "mine"}));
  CAPTURE(folder.err);
  CHECK(folder.code == 0);
}

TEST_CASE(
    "a plugin that throws is named with its file, its stage and the first line of the cause") {
  const Workplace here;
  for (const auto& [how, stage] : std::map<std::string, std::string>{
           {"exception", "apply"}, {"construction", "construction"}}) {
    const auto result =
        here.run(here.tiny({"--set", views_of("{use = \"fail\", how = \"" + how + "\"}"),
                            "--plugin", (fixtures / "good_ops.so").string()}));
    CAPTURE(result.err);
    CHECK(result.code == 5);
    CHECK(count(result.err, "made to fail") == 1);
    CHECK(has(result.err, "error: plugin good_ops 1.2 ("));
    CHECK(has(result.err, "good_ops.so), 'fail', " + stage + ": made to fail"));
    CHECK_FALSE(has(result.err, "second line"));
    CHECK_FALSE(here.exists("run"));
  }
}
