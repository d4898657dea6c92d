// What the program says about plugins.
#include "catch.hpp"
#include "host/plugin/forge.hpp"
#include "workplace.hpp"

namespace {

const std::filesystem::path fixtures = TANDEM_FIXTURE_PLUGINS;

}  // namespace

TEST_CASE("plugins are listed for people and for machines") {
  const Workplace here;
  const auto text = here.run({"plugins", "list"});
  CHECK(text.code == 0);
  CHECK(text.err.empty());
  for (const char* id :
       {"barlow_twins", "simsiam", "byol", "simclr", "resnet18", "random_resized_crop"})
    CHECK(has(text.out, id));

  const auto machine = here.run({"plugins", "list", "--json"});
  CHECK(machine.code == 0);
  std::map<std::string, std::string> roles;
  for (const auto& file : Json::parse(machine.out)) {
    CHECK(file.at("problem") == "");
    CHECK(std::filesystem::exists(file.at("file").get<std::string>()));
    for (const auto& item : file.at("provides")) roles[item.at("id")] = item.at("role");
  }
  CHECK(roles["byol"] == "objective");
  CHECK(roles["resnet50"] == "backbone");
  CHECK(roles["color_jitter"] == "augmentation");
}

TEST_CASE("the list for machines has all that a file says about itself") {
  const Workplace here;
  const auto file = fixtures / "good_ops.so";
  std::filesystem::create_directory(here / "mine");
  write_file(here / "mine/none.so", "");
  const auto result =
      here.run({"plugins", "list", "--json", "--plugin", file.string(), "--plugin-path", "mine"});
  const auto list = Json::parse(result.out);
  REQUIRE(list.size() >= 2);
  Json good = list[0];
  CHECK(good.at("compiler").get<std::string>().size() > 3);
  CHECK(good.at("sha256") == sha256sum(file));
  good.erase("compiler");
  good.erase("sha256");
  CHECK(good == Json{{"file", file.string()},
                     {"id", "good_ops"},
                     {"version", "1.2"},
                     {"doc", "operations for tests"},
                     {"author", "Tandem's tests"},
                     {"license", "MIT"},
                     {"abi", "1.0"},
                     {"libtorch", "none"},
                     {"provides",
                      {{{"role", "augmentation"}, {"id", "invert"}},
                       {{"role", "augmentation"}, {"id", "fail"}}}},
                     {"problem", ""}});
  CHECK(list[1].at("file") == (here / "mine/none.so").string());
  CHECK(list[1].at("id") == "");
  CHECK(list[1].at("sha256") == "");
  CHECK(has(list[1].at("problem"), "is not a 64-bit shared library"));
}

TEST_CASE("a plugin's parameters are shown for people and for machines") {
  const Workplace here;
  const auto text = here.run({"plugins", "info", "barlow_twins"});
  CHECK(text.code == 0);
  CHECK(text.err.empty());
  CHECK(has(text.out, "lambda"));
  CHECK(has(text.out, "[objective]\nuse = \"barlow_twins\"\n"));

  const auto machine = here.run({"plugins", "info", "barlow_twins", "--json"});
  CHECK(machine.code == 0);
  const auto list = Json::parse(machine.out);
  REQUIRE(list.size() == 1);
  CHECK(list[0].at("role") == "objective");
  std::map<std::string, std::string> defaults;
  for (const auto& parameter : list[0].at("parameters"))
    defaults[parameter.at("name")] = parameter.at("default");
  CHECK(defaults.at("lambda") == "0.0051");
  CHECK(defaults.at("projector") == "[2048, 2048, 2048]");
}

TEST_CASE("a plugin tells what it is by its own id") {
  const Workplace here;
  const auto file = fixtures / "good_ops.so";
  const auto text = here.run({"plugins", "info", "good_ops", "--plugin", file.string()});
  CHECK(text.code == 0);
  for (const std::string part :
       {"plugin good_ops 1.2: operations for tests\n", "\nauthor Tandem's tests\n",
        "\nlicense MIT\n", "\naugmentation 'invert'\naugmentation 'fail'\n", ", LibTorch none, "})
    CHECK(has(text.out, part));
  CHECK(has(text.out, "\nsha256 " + sha256sum(file) + "\n"));

  const auto machine =
      here.run({"plugins", "info", "good_ops", "--json", "--plugin", file.string()});
  const auto list = here.run({"plugins", "list", "--json", "--plugin", file.string()});
  CHECK(Json::parse(machine.out).at(0) == Json::parse(list.out).at(0));
}

TEST_CASE("the host's optimizers and schedules have parameters to show too") {
  const Workplace here;
  const auto lars = here.run({"plugins", "info", "lars"});
  CHECK(lars.code == 0);
  CHECK(has(lars.out, "optimizer 'lars' of tandem 0."));
  CHECK(has(lars.out, "[optimizer]\nuse = \"lars\"\n"));
  CHECK(has(lars.out, "eta = 0.001"));
  const auto cosine = Json::parse(here.run({"plugins", "info", "cosine", "--json"}).out);
  CHECK(cosine.at(0).at("role") == "schedule");
  CHECK(cosine.at(0).at("file") == "");
}

TEST_CASE("an id that nothing has is told with the nearest, one that is unusable with the reason") {
  const Workplace here;
  const auto unknown = here.run({"plugins", "info", "barlow_twin"});
  CHECK(unknown.code == 5);
  CHECK(has(unknown.err, "no plugin provides 'barlow_twin'; did you mean 'barlow_twins'?"));
  std::filesystem::create_directory(here / "mine");
  forge(fixtures / "good_ops.so", here / "mine/ops.so",
        [](tandem::Stamp& stamp) { stamp.major = 2; });
  for (const char* id : {"good_ops", "invert"}) {
    const auto unusable = here.run({"plugins", "info", id, "--plugin-path", "mine"});
    CHECK(unusable.code == 5);
    CHECK(has(unusable.err, "ops.so does not fit this host:\n  SDK major version: found 2"));
  }
}

TEST_CASE("the manifest has the hash of every plugin that was opened, and of no other") {
  const Workplace here;
  const auto mine = fixtures / "good_ops.so";
  const auto result = here.run(
      here.tiny({"--plugin", mine.string(), "--plugin", (fixtures / "leaves_mark.so").string(),
                 "--set", "train.max_steps=1", "--set",
                 "view=[{count = 2, ops = [{use = \"invert\"}, {use = \"color_jitter\"}]}]"}));
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  std::map<std::string, std::string> hashes;
  const auto manifest = Json::parse(read_file(here / "run/manifest.json"));
  for (const auto& plugin : manifest.at("plugins")) hashes[plugin.at("file")] = plugin.at("sha256");
  std::map<std::string, std::string> expected = {{mine.string(), sha256sum(mine)}};
  for (const char* name : {"barlow_twins.so", "resnet.so", "image.so"}) {
    const auto file = std::filesystem::path(TANDEM_PLUGIN_DIR) / name;
    expected[file.string()] = sha256sum(file);
  }
  CHECK(hashes == expected);
}
