// `tandem augment preview`.
#include "catch.hpp"
#include "workplace.hpp"

TEST_CASE("a preview is what the run shows of its first batch; another epoch is another") {
  const Workplace here;
  REQUIRE(here.run(here.tiny()).code == 0);
  const auto preview = [&](const Words& more) {
    Words words = {"augment", "preview", "tiny.toml", "--out", "p.png"};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = here.run(words);
    CAPTURE(result.err);
    CHECK(result.code == 0);
    return read_file(here / "p.png");
  };
  const auto first = preview({});
  CHECK(first == read_file(here / "run/views.png"));
  CHECK(preview({"--epoch", "1"}) != first);
  CHECK(preview({"--set", "run.seed=5"}) != first);
  CHECK(preview({"--first", "1"}) != first);
  CHECK(preview({"--steps"}) != first);
}

TEST_CASE("a preview tells which pictures it shows, for people and for machines") {
  const Workplace here;
  const Words words = {"augment", "preview", "tiny.toml", "--images", "3",
                       "--first", "2",       "--epoch",   "1",        "--json"};
  const auto json = Json::parse(here.run(words).out);
  CHECK(json.at("file") == "preview.png");
  CHECK(json.at("epoch") == 1);
  REQUIRE(json.at("pictures").size() == 3);
  CHECK(json.at("pictures")[0].at("place") == 2);
  const auto text = here.run({words.begin(), words.end() - 1});
  CHECK(has(text.out, "place 4: " + json.at("pictures")[2].at("name").get<std::string>()));
}

TEST_CASE("a preview of pictures that are not there is refused, and nothing is written") {
  const Workplace here;
  for (const Words& more : {Words{"--images", "0"}, Words{"--images", "37"}, Words{"--epoch", "-1"},
                            Words{"--first", "36", "--images", "1"}}) {
    Words words = {"augment", "preview", "tiny.toml"};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = here.run(words);
    CHECK(result.code == 2);
    CHECK(has(result.err, "there are 36 to train on"));
  }
  CHECK(here.run({"augment", "tiny.toml"}).code == 2);
  CHECK_FALSE(here.exists("preview.png"));
}
