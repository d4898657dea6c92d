// `tandem bench data`: that it measures everything and names it; never how fast.
#include "catch.hpp"
#include "workplace.hpp"

TEST_CASE("bench data tells every operation once, and all measurements of the loader") {
  const Workplace here;
  const auto result = here.run({"bench", "data", "tiny.toml", "--seconds", "0.01", "--rounds", "5",
                                "--steps", "2", "--json"});
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  const auto json = Json::parse(result.out);
  std::vector<std::string> names;
  for (const auto& operation : json.at("operations")) {
    names.push_back(operation.at("name"));
    CHECK(operation.at("micro").at("median") > 0);
    CHECK(operation.at("micro").at("rounds").size() == 5);
  }
  CHECK(std::count(names.begin(), names.end(), "random_resized_crop") >= 1);
  CHECK(std::count(names.begin(), names.end(), "float store, normalised") == 1);
  CHECK(std::count(names.begin(), names.end(), "view 1") == 1);
  CHECK(json.at("pictures_a_second").at("two_threads").at("median") > 0);
  CHECK(json.at("scaling").at("ratio").at("at_least") > 0);
  // 8 slots of 256 pictures, two views of 16 x 16 x 3 floats.
  CHECK(json.at("loader_memory").at("slot_bytes") == 8 * 256 * 2 * 16 * 16 * 3 * 4);
  CHECK(json.at("waiting").at("step_seconds").at("rounds").size() == 2);
  CHECK_FALSE(json.contains("jpeg_decoding"));
  CHECK_FALSE(here.exists("runs"));
}

TEST_CASE("bench data prints what it measured, and refuses what makes no sense") {
  const Workplace here;
  const auto result = here.run(
      {"bench", "data", "tiny.toml", "--seconds", "0.01", "--rounds", "1", "--steps", "0"});
  CHECK(result.code == 0);
  CHECK(has(result.out, "random_resized_crop"));
  CHECK(has(result.out, "one process of two threads against two of one"));
  CHECK_FALSE(has(result.out, "waits for data"));
  for (const Words& more :
       {Words{"--rounds", "0"}, Words{"--seconds", "0"}, Words{"--steps", "-1"}}) {
    Words words = {"bench", "data", "tiny.toml"};
    words.insert(words.end(), more.begin(), more.end());
    CHECK(here.run(words).code == 2);
  }
  CHECK(here.run({"bench", "tiny.toml"}).code == 2);
  CHECK(here.run({"bench"}).code == 2);
}

TEST_CASE("bench knn tells both sides and their ratio, and refuses what makes no sense") {
  const Workplace here;
  const Words small = {"bench", "knn", "--bank", "300", "--queries", "50", "--width", "8"};
  Words words = small;
  for (const char* word : {"--rounds", "5", "--threads", "1", "--json"}) words.emplace_back(word);
  const auto result = here.run(words);
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  const auto json = Json::parse(result.out);
  CHECK(json.at("threads") == 1);
  CHECK(json.at("knn_seconds").at("rounds").size() == 5);
  CHECK(json.at("product_seconds").at("median") > 0);
  CHECK(json.at("ratio").at("at_most") >= json.at("ratio").at("median"));
  words = small;
  for (const char* word : {"--rounds", "1"}) words.emplace_back(word);
  CHECK(has(here.run(words).out, "50 queries, a bank of 300, width 8"));
  for (const char* option : {"--bank", "--queries", "--width", "--rounds"})
    CHECK(here.run({"bench", "knn", option, "0"}).code == 2);
}
