// A plugin's code runs when something of it is used, and in no other case.
#include "catch.hpp"
#include "host/plugin/forgeries.hpp"
#include "workplace.hpp"

#include <set>

namespace {

const auto original = std::filesystem::path(TANDEM_FIXTURE_PLUGINS) / "leaves_mark.so";

/// A workplace in which `leaves_mark.so` would leave a mark.
class Watched {
 public:
  Result run(const Words& words) {
    return here_.run(words, {{"LEAVES_MARK", (here_ / "mark").string()}});
  }
  /// Whether the plugin's code ran since the last question.
  bool code_ran() { return std::filesystem::remove(here_ / "mark"); }
  const Workplace& here() const { return here_; }

 private:
  Workplace here_;
};

const Words use_of_it = {"--set", "view=[{count = 2, ops = [{use = \"nothing\"}]}]"};

}  // namespace

TEST_CASE("every forged plugin ends the program with 5 and a message of its own, unrun") {
  Watched watched;
  std::set<std::string> messages;
  for (const auto& [name, parts, make] : forgeries()) {
    const auto file = name + ".so";
    make(original, watched.here() / file);
    auto result = watched.run({"plugins", "info", "nothing", "--plugin", file});
    CAPTURE(result.err);
    CHECK(result.code == 5);
    CHECK(result.out.empty());
    CHECK(result.err.rfind("error: plugin " + file + " ", 0) == 0);
    for (const auto& part : parts) CHECK(has(result.err, part));
    CHECK_FALSE(watched.code_ran());
    messages.insert(result.err.erase(0, result.err.find(file) + file.size()));
  }
  CHECK(messages.size() == forgeries().size());
}

TEST_CASE("a plugin is listed, found and described without running its code") {
  Watched watched;
  const Words given = {"--plugin", original.string()};
  const auto with = [&](Words words) {
    words.insert(words.end(), given.begin(), given.end());
    const auto result = watched.run(words);
    CAPTURE(result.err);
    CHECK(result.code == 0);
  };
  with({"plugins", "list"});
  with({"plugins", "list", "--json"});
  with({"plugins", "info", "leaves_mark"});
  with({"plugins", "info", "barlow_twins"});
  with(watched.here().tiny({"--dry-run"}));
  CHECK_FALSE(watched.code_ran());

  with({"plugins", "info", "nothing"});
  CHECK(watched.code_ran());
  with(watched.here().tiny({"--dry-run", use_of_it[0], use_of_it[1]}));
  CHECK(watched.code_ran());
}
