// A project for a plugin: what is written, what is refused. That it builds, passes `plugins check`
// and trains is shown by tests/installed/.
#include "catch.hpp"
#include "workplace.hpp"

namespace {

const Words roles = {"objective", "backbone", "augmentation"};

Result make(const Workplace& here, const Words& words) {
  Words all = {"plugins", "new"};
  all.insert(all.end(), words.begin(), words.end());
  return here.run(all);
}

}  // namespace

TEST_CASE("a project is written for each role, in the author's names alone") {
  const Workplace here;
  for (const auto& role : roles) {
    CAPTURE(role);
    const std::string name = "two_words_" + role.substr(0, 1);
    const auto result = make(here, {role, name});
    CAPTURE(result.err);
    CHECK(result.code == 0);
    CHECK(result.err.empty());
    const auto files = files_of(here / name);
    CHECK(names_of(here / name) == Words{"CMakeLists.txt", "README.md", "test/CMakeLists.txt",
                                         "test/" + name + "_test.cpp", name + ".cpp"});
    for (const auto& [file, text] : files) {
      CAPTURE(file);
      CHECK_FALSE(has(text, "my_" + role));
      CHECK_FALSE(has(text, "My"));
    }
    CHECK(has(files.at(name + ".cpp"), "class TwoWords" + std::string(1, role[0] - 32) + " final"));
    CHECK(has(files.at(name + ".cpp"), "TANDEM_PLUGIN(\"" + name + "\""));
    CHECK(has(files.at("CMakeLists.txt"), "tandem_add_plugin(" + name + " "));
  }
}

TEST_CASE("the next three commands are there to paste, quoted where a shell needs it") {
  const Workplace here;
  const auto plain = make(here, {"objective", "mine", "--into", "some where"});
  CHECK(plain.code == 0);
  CHECK(count(plain.out, "\n  ") == 3);
  CHECK(has(plain.out,
            "\n  cmake -S 'some where/mine' -B 'some where/mine/build' -DCMAKE_PREFIX_PATH="));
  CHECK(has(plain.out, " plugins check 'some where/mine/build/mine.so'\n"));
  CHECK(has(plain.out, " train --plugin 'some where/mine/build/mine.so' --objective mine "));

  const auto json = Json::parse(make(here, {"augmentation", "other", "--json"}).out);
  CHECK(json.at("folder") == "other");
  CHECK(json.at("next").size() == 3);
  CHECK(has(json.at("next").at(2), "ops = [{use = \"other\"}]"));
}

TEST_CASE("a name that cannot be an id, a target and a class is refused, and nothing is written") {
  const Workplace here;
  const auto before = names_of(here / ".");
  for (const auto& name :
       {"Mine", "1st", "_x", "a-b", "a.b", "../up", "a/b", "", "é", "test", "install", "params"}) {
    CAPTURE(name);
    const auto result = make(here, {"backbone", name});
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(count(result.err, "\n") == 1);
    CHECK(has(result.err, "error: '" + std::string(name) + "' "));
  }
  CHECK(make(here, {"backbone", std::string(47, 'a')}).code == 2);
  CHECK(make(here, {"backbone", std::string(46, 'a'), "--into", "long"}).code == 0);
  std::filesystem::remove_all(here / "long");
  CHECK(has(make(here, {"network", "mine"}).err, "'network' is nothing that a plugin provides"));
  CHECK(make(here, {"objective"}).code == 2);
  const auto taken = make(here, {"backbone", "resnet18"});
  CHECK(taken.code == 2);
  CHECK(has(taken.err, "'resnet18' is taken: a plugin that is found here has that backbone"));
  CHECK(names_of(here / ".") == before);
}

TEST_CASE("what stands in the way is left as it is") {
  const Workplace here;
  std::filesystem::create_directory(here / "mine");
  write_file(here / "mine/work.cpp", "months of it");
  write_file(here / "file", "");
  const auto folder = make(here, {"objective", "mine"});
  CHECK(folder.code == 2);
  CHECK(folder.err == "error: mine exists already\n");
  CHECK(names_of(here / "mine") == Words{"work.cpp"});
  CHECK(make(here, {"objective", "file"}).code != 0);
  const auto below_file = make(here, {"objective", "mine", "--into", "file"});
  CHECK(below_file.code == 8);
  CHECK(has(below_file.err, "cannot make the folder file/mine: "));
}
