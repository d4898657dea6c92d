// `tandem config diff`.
#include "catch.hpp"
#include "workplace.hpp"

#include <algorithm>

namespace {

/// "section: key: left | right" of each difference.
Words differences(const Workplace& here, const std::string& left, const std::string& right) {
  const auto result = here.run({"config", "diff", left, right, "--json"});
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  const auto text = [](const Json& value) {
    return value.is_null() ? std::string("-") : value.get<std::string>();
  };
  const Json json = Json::parse(result.out);
  Words lines;
  for (const auto& item : json.at("differences"))
    lines.push_back(item.at("section").get<std::string>() + ": " +
                    item.at("key").get<std::string>() + ": " + text(item.at("left")) + " | " +
                    text(item.at("right")));
  return lines;
}

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

TEST_CASE("config diff tells two presets apart, key by key and operation by operation") {
  const Workplace here;
  const auto lines = differences(here, "barlow_twins-cifar-solo", "simsiam-cifar-lightly");
  for (const std::string line :
       {"data: normalize: \"cifar10\" | \"imagenet\"", "backbone: stem: \"cifar_pad2\" | \"cifar\"",
        "objective: lambda: 0.0051 | -", "objective: predictor_hidden: - | 512",
        "optimizer: clip_lr: true | -", "schedule: per: \"step\" | \"epoch\"",
        "view 0: random_resized_crop.scale: [0.08, 1.0] | [0.2, 1.0]",
        "view 1: solarize: { threshold = 128.0, p = 0.2 } | -",
        "view 1: color_jitter.saturation: 0.2 | 0.4"}) {
    CAPTURE(line);
    CHECK(contains(lines, line));
  }
  for (const auto& line : lines) CHECK(line.find("grayscale") == std::string::npos);
  CHECK_FALSE(contains(lines, "view 0: count: 1 | 2"));

  const auto text = here.run({"config", "diff", "barlow_twins-cifar-solo", "byol-cifar-solo"});
  CHECK(text.code == 0);
  CHECK(has(text.out, "\n[optimizer]\n"));
  CHECK(has(text.out, "  # how strongly weights are drawn to zero"));
  CHECK_FALSE(has(text.out, "[view"));
}

TEST_CASE("config diff of one configuration, of runs, and of what is not there") {
  const Workplace here;
  REQUIRE(here.run(here.tiny()).code == 0);
  const auto same = here.run({"config", "diff", "run", "run/config.toml"});
  CHECK(same.code == 0);
  CHECK(same.out == "the two configurations are the same\n");
  CHECK(contains(differences(here, "run", "seed"), "optimizer: use: \"sgd\" | \"adam\""));
  CHECK(here.run({"config", "diff", "seed"}).code == 2);
  const auto missing = here.run({"config", "diff", "seed", "sed"});
  CHECK(missing.code == 3);
  CHECK(has(missing.err, "no preset 'sed'"));
}
