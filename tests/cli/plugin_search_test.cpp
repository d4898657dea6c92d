// Where plugins come from, in which order, and whom the program trusts.
#include "catch.hpp"
#include "workplace.hpp"

namespace {

namespace fs = std::filesystem;
const fs::path fixtures = TANDEM_FIXTURE_PLUGINS;

/// The file that provides `invert`.
std::string origin(const Workplace& here, const Words& more,
                   const std::map<std::string, std::string>& environment = {}) {
  Words words = {"plugins", "info", "invert", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const auto result = here.run(words, environment);
  CAPTURE(result.err);
  CHECK(result.code == 0);
  return result.code == 0 ? Json::parse(result.out).at(0).at("file").get<std::string>() : "";
}

/// A folder `name` that holds good_ops.so as each of `files`.
fs::path folder_of(const Workplace& here, const std::string& name, const Words& files) {
  fs::create_directory(here / name);
  for (const auto& file : files) fs::copy_file(fixtures / "good_ops.so", here / name / file);
  return here / name;
}

std::string not_used(const fs::path& file, const fs::path& first) {
  return "augmentation 'invert' of " + file.string() + " is not used: " + first.string() +
         " comes first";
}

}  // namespace

TEST_CASE("a file comes before a folder, a folder before the search path, by name in each") {
  const Workplace here;
  const auto file = folder_of(here, "file", {"x.so"}) / "x.so";
  const auto folder = folder_of(here, "folder", {"b.so", "a.so"});
  const auto first = folder_of(here, "first", {"c.so"}),
             second = folder_of(here, "second", {"d.so"});
  const std::map<std::string, std::string> path = {
      {"TANDEM_PLUGIN_PATH", first.string() + ":" + second.string()}};
  const Words by_file = {"--plugin", file.string()}, by_folder = {"--plugin-path", folder.string()};
  CHECK(origin(here, {by_folder[0], by_folder[1], by_file[0], by_file[1]}, path) == file);
  CHECK(origin(here, by_folder, path) == folder / "a.so");
  CHECK(origin(here, {}, path) == first / "c.so");

  const auto result = here.run({"plugins", "info", "invert", by_folder[0], by_folder[1]}, path);
  CHECK(has(result.err, not_used(folder / "b.so", folder / "a.so")));
  CHECK(has(result.err, not_used(first / "c.so", folder / "a.so")));
  CHECK(has(result.err, not_used(second / "d.so", folder / "a.so")));
}

TEST_CASE("the installed plugins come last") {
  const Workplace here;
  fs::copy_file(fs::path(TANDEM_PLUGIN_DIR) / "barlow_twins.so", here / "mine.so");
  const auto result =
      here.run({"plugins", "info", "barlow_twins", "--json", "--plugin", "mine.so"});
  CHECK(Json::parse(result.out).at(0).at("file") == "mine.so");
  CHECK(has(result.err, "barlow_twins.so is not used: mine.so comes first"));
}

TEST_CASE("the current folder is never searched") {
  const Workplace here;
  fs::copy_file(fixtures / "good_ops.so", here / "good_ops.so");
  for (const char* path : {"", ":", "::"}) {
    const auto result = here.run({"plugins", "info", "invert"}, {{"TANDEM_PLUGIN_PATH", path}});
    CHECK(result.code == 5);
    CHECK(has(result.err, "no plugin provides 'invert'"));
  }
  for (const char* path : {".", "mine", "/tmp:mine"}) {
    const auto result = here.run({"plugins", "list"}, {{"TANDEM_PLUGIN_PATH", path}});
    CHECK(result.code == 5);
    CHECK(has(result.err, "error: TANDEM_PLUGIN_PATH: found '"));
    CHECK(has(result.err, "', expected folders that begin with /; write it in full"));
  }
}

TEST_CASE("a bare name is a file here, and nothing that the loader would search for") {
  const Workplace here;
  const auto elsewhere = folder_of(here, "elsewhere", {"ops.so"});
  const std::map<std::string, std::string> loader = {{"LD_LIBRARY_PATH", elsewhere.string()}};
  const auto missing = here.run({"plugins", "info", "invert", "--plugin", "ops.so"}, loader);
  CHECK(missing.code == 5);
  CHECK(has(missing.err, "plugin ops.so: No such file"));

  fs::copy_file(fixtures / "leaves_mark.so", here / "ops.so");
  auto environment = loader;
  environment["LEAVES_MARK"] = (here / "mark").string();
  CHECK(here.run({"plugins", "info", "nothing", "--plugin", "ops.so"}, environment).code == 0);
  CHECK(here.exists("mark"));
}

TEST_CASE("what everyone may write is refused with the remedy") {
  const Workplace here;
  const auto folder = folder_of(here, "open", {"ops.so"});
  fs::permissions(folder, fs::perms::all);
  const auto remedy = "found 0777, expected no writing by everyone; chmod o-w '" +
                      fs::canonical(folder).string() + "'";
  const auto file = here.run({"plugins", "list", "--plugin", "open/ops.so"});
  CHECK(file.code == 5);
  CHECK(file.out.empty());
  CHECK(has(file.err, "error: plugin open/ops.so could be anyone's code:\n"));
  CHECK(has(file.err, remedy));

  const auto listed = here.run({"plugins", "list", "--plugin-path", "open"});
  CHECK(listed.code == 0);
  CHECK(has(listed.out, "unusable: plugin open/ops.so could be anyone's code:\n"));
  CHECK(has(listed.out, remedy));
  const auto used = here.run({"plugins", "info", "invert", "--plugin-path", "open"});
  CHECK(used.code == 5);
  CHECK(has(used.err, remedy));

  fs::permissions(folder, fs::perms::others_write, fs::perm_options::remove);
  CHECK(origin(here, {"--plugin-path", "open"}) == "open/ops.so");
}
