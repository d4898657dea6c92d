// tandem eval linear on a finished run.
#include "catch.hpp"
#include "workplace.hpp"

#include <cmath>

namespace {

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

TEST_CASE("a linear probe leaves the network alone, and says how it was made") {
  const Workplace here;
  // 160 pictures of 4 classes, a quarter held out: 120 to learn from.
  REQUIRE(here.run(here.tiny({"--set", "data.synthetic_count=160", "--set", "eval.holdout=0.25"}))
              .code == 0);
  const auto before = files_of(here / "run");
  const Words linear = {"eval", "linear", "run", "--epochs", "10", "--json"};
  const auto first = here.run(with(linear, {"--seeds", "3"}));
  CAPTURE(first.err);
  REQUIRE(first.code == 0);
  CHECK(files_of(here / "run") == before);
  CHECK(here.run(with(linear, {"--seeds", "3"})).out == first.out);
  const auto answer = Json::parse(first.out);
  const auto probes = answer.at("probes");
  REQUIRE(probes.size() == 3);
  double mean = 0;
  for (const auto& probe : probes) {
    CHECK(probe.at("labels") == 120);
    CHECK(probe.at("lr_chosen") == true);
    mean += probe.at("linear_top1").get<double>() / 3;
  }
  CHECK(std::abs(answer.at("linear_top1").get<double>() - mean) < 1e-9);
  for (const char* part :
       {"SGD, momentum 0.9, weight decay 1e-06", "batch 256, 10 epochs, cosine per epoch",
        "queries used once", "seed 0 … 2", "bank 120 training pictures, 40 queries", "un-augmented",
        "resnet10", "2.0 epochs"}) {
    CAPTURE(part, answer.at("protocol"));
    CHECK(has(answer.at("protocol"), part));
  }
  // The second seed alone is the second probe.
  const auto second = Json::parse(here.run(with(linear, {"--seed", "1"})).out);
  CHECK(second.at("probes")[0] == probes[1]);

  const auto few = here.run(with(linear, {"--fraction", "0.01"}));
  REQUIRE(few.code == 0);
  const auto probe = Json::parse(few.out).at("probes")[0];
  CHECK(probe.at("labels") == 4);  // one a class
  // 4 / 120 is a thirtieth.
  CHECK(has(Json::parse(few.out).at("protocol"),
            "labels of 4 of the bank's 120 (3.333 %, asked for 1 %), as many of each class"));
  CHECK_FALSE(has(answer.at("protocol"), "labels of"));
  CHECK(probe.at("lr_chosen") == false);
  CHECK(probe.at("lr") == 0.3);
  CHECK(Json::parse(here.run(with(linear, {"--lr", "0.5"})).out).at("probes")[0].at("lr") == 0.5);
  CHECK(has(here.run({"eval", "linear", "run", "--epochs", "2"}).out, "learning rate"));
  for (const auto& wrong : std::vector<Words>{{"--fraction", "0"},
                                              {"--fraction", "2"},
                                              {"--epochs", "0"},
                                              {"--seeds", "0"},
                                              {"--lr", "fast"},
                                              {"--seed", "-1"}}) {
    CAPTURE(wrong.front(), wrong.back());
    CHECK(here.run(with(linear, wrong)).code == 2);
  }
}

TEST_CASE("a linear probe tells how many labels it had, also where a class has too few") {
  const Workplace here;
  const auto put = [&](const std::string& folder, int pictures) {
    std::filesystem::create_directories(here / folder);
    for (int i = 0; i < pictures; ++i) {
      std::string pixels;
      for (int at = 0; at < 256; ++at)
        pixels += static_cast<char>(at * (folder.back() - '_') * (i + 3) % 251);
      write_file(here / folder / (std::to_string(i) + ".pgm"), "P5 16 16 255\n" + pixels);
    }
  };
  put("train/a", 20);
  put("train/b", 4);
  put("test/a", 3);
  put("test/b", 3);
  REQUIRE(here.run(here.tiny({"--set", "data.source=\"auto\"", "--data", "train", "--set",
                              "data.channels=3", "--set", "eval.path=\"test\""}))
              .code == 0);
  const auto half =
      here.run({"eval", "linear", "run", "--fraction", "0.5", "--lr", "0.3", "--json"});
  CAPTURE(half.err);
  REQUIRE(half.code == 0);
  // Half of 24 are 6 of each class, of which b has 4.
  CHECK(Json::parse(half.out).at("probes")[0].at("labels") == 10);
  CHECK(has(Json::parse(half.out).at("protocol"),
            "labels of 10 of the bank's 24 (41.67 %, asked for 50 %)"));
}
