// Every preset runs, and every objective with every backbone and every list of views.
#include "catch.hpp"
#include "workplace.hpp"

#include <array>
#include <set>

namespace {

Words preset_names() {
  Words names;
  const auto folder = std::filesystem::path(TANDEM_SOURCE_DIR) / "examples/presets";
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().stem().string());
  return names;
}

/// The side of a preset's first view.
int view_size(const Workplace& here, const std::string& preset) {
  const auto shown = here.run({"config", "show", preset, "--json"});
  REQUIRE(shown.code == 0);
  for (const auto& item : Json::parse(shown.out)) {
    const std::string key = item.at("key"), value = item.at("value");
    if (key.rfind("view[0]", 0) == 0 && key.substr(key.size() - 5) == ".size")
      return std::stoi(value);
  }
  FAIL("preset " + preset + " names no size");
  return 0;
}

/// What `config show` printed but its [objective], which must use this one.
std::string without_objective(const std::string& shown, const std::string& objective) {
  const auto own = shown.find("\n[objective]"), next = shown.find("\n[", own + 1);
  CHECK(has(shown.substr(own, next - own), "\"" + objective + "\""));
  return shown.substr(0, own) + shown.substr(next);
}

const std::string two_alike =
    "view=[{count = 2, ops = [{use = \"random_resized_crop\", size = 12}]}]";
const std::string two_different =
    "view=[{ops = [{use = \"random_shift\", max = 2}, {use = \"gaussian_blur\", sigma = [0.1, "
    "1.0]}]}, "
    "{ops = [{use = \"color_jitter\", brightness = 0.4}, {use = \"solarize\"}]}]";
const std::string three =
    "view=[{count = 2, role = \"global\", ops = [{use = \"horizontal_flip\"}]}, "
    "{role = \"local\", target = false, ops = [{use = \"random_resized_crop\", size = 8}]}]";

}  // namespace

TEST_CASE("every preset loads and takes a step on pictures of its size") {
  const auto names = preset_names();
  REQUIRE(names.size() >= 2);
  const Workplace here;
  for (const auto& name : names) {
    CAPTURE(name);
    const int size = view_size(here, name);
    Words words = {"train",
                   name,
                   "--dry-run",
                   "--set",
                   "data.source=\"synthetic\"",
                   "--set",
                   "eval.path=\"\"",
                   "--set",
                   "data.synthetic_count=16",
                   "--set",
                   "data.synthetic_size=" + std::to_string(size),
                   "--set",
                   size > 64 ? "train.batch_size=2" : "train.batch_size=8"};
    // The widths of public recipes take gigabytes.
    if (has(name, "-official") || has(name, "-cifar-")) {
      for (const auto* width : {"backbone.width=8", "objective.projector=[32, 16]"})
        words.insert(words.end(), {"--set", width});
    }
    const auto result = here.run(words);
    CAPTURE(result.err);
    CHECK(result.code == 0);
    CHECK(has(result.err, "finished after 1 step"));
    CHECK(has(result.out, "dry run"));
  }
  CHECK(names_of(here / "") == Words{"tiny.toml"});
}

TEST_CASE("any objective goes with any backbone and any views, and nothing is compiled for it") {
  const Workplace here;
  // Every pair of objective and backbone, of objective and views, of backbone and views.
  const std::vector<std::array<std::string, 3>> table = {
      {"barlow_twins", "resnet10", two_alike},
      {"barlow_twins", "resnet18", three},
      {"barlow_twins", "resnet18", two_different},
      {"simsiam", "resnet10", three},
      {"simsiam", "resnet18", two_alike},
      {"simsiam", "resnet10", two_different},
      {"byol", "resnet10", two_alike},
      {"byol", "resnet18", two_different},
      {"byol", "resnet10", three},
      {"simclr", "resnet10", two_alike},
      {"simclr", "resnet18", three},
      {"simclr", "resnet10", two_different},
  };
  for (const auto& [objective, backbone, views] : table) {
    CAPTURE(objective, backbone, views);
    const auto result = here.run(here.tiny({"--dry-run", "--set", small_objective(objective),
                                            "--set", small_backbone(backbone), "--set", views}));
    CAPTURE(result.err);
    CHECK(result.code == 0);
    CHECK(has(result.err, objective + " on " + backbone + " "));
    CHECK(has(result.err, "step 1/1"));
  }
}

TEST_CASE("the files of a comparison differ in [objective] alone, and take a step") {
  const Workplace here;
  const auto folder = std::filesystem::path(TANDEM_SOURCE_DIR) / "examples/comparisons";
  for (const std::string data : {"fashion-mnist", "cifar10"}) {
    std::set<std::string> rest;
    for (const std::string objective : {"barlow_twins", "byol", "simsiam"}) {
      CAPTURE(data, objective);
      const auto file = (folder / data / (objective + ".toml")).string();
      const Words small = {"--set", "data={source = \"synthetic\", synthetic_count = 16}",
                           "--set", "eval.path=\"\"",
                           "--set", "train.batch_size=8"};
      Words show = {"config", "show", file}, train = {"train", file, "--dry-run"};
      for (auto* words : {&show, &train}) words->insert(words->end(), small.begin(), small.end());
      CHECK(here.run(train).code == 0);
      rest.insert(without_objective(here.run(show).out, objective));
    }
    CHECK(rest.size() == 1);
  }
}

TEST_CASE(
    "the tutorial's configuration is one comparison: objectives differ in [objective] alone") {
  const Workplace here;
  const auto tutorial = read_file(std::filesystem::path(TANDEM_SOURCE_DIR) / "sdk/README.md");
  const auto begin = tutorial.find("# compare.toml");
  REQUIRE(begin != std::string::npos);
  write_file(here / "compare.toml", tutorial.substr(begin, tutorial.find("```", begin) - begin));
  const auto shown = [&](const std::string& objective) {
    const auto result = here.run({"config", "show", "compare.toml", "--objective", objective,
                                  "--set", "data={source = \"synthetic\", synthetic_size = 224}"});
    CAPTURE(result.err);
    REQUIRE(result.code == 0);
    return without_objective(result.out, objective);
  };
  const auto barlow_twins = shown("barlow_twins");
  for (const auto* objective : {"simsiam", "byol", "simclr"})
    CHECK(shown(objective) == barlow_twins);
}

TEST_CASE("what a configuration leaves open suits the pictures, with any ResNet") {
  const Workplace here;
  write_file(here / "open.toml",
             "[data]\nsource = \"synthetic\"\nsynthetic_count = 12\n"
             "[backbone]\nuse = \"resnet10\"\nwidth = 8\nstages = 1\n"
             "[objective]\nprojector = [16, 16]\n"
             "[train]\nbatch_size = 8\nmax_steps = 1\n");
  struct Row {
    std::string picture, crop, stem;
  };
  for (const auto& [picture, crop, stem] :
       {Row{"16", "16", "cifar"}, Row{"100", "128", "imagenet"}}) {
    const auto result = here.run(
        {"train", "open.toml", "--out", picture, "--set", "data.synthetic_size=" + picture});
    CAPTURE(result.err);
    CHECK(result.code == 0);
    const auto config = read_file(here / picture / "config.toml");
    CHECK(has(config, "random_resized_crop\", size = " + crop + ","));
    CHECK(has(config, "stem = \"" + stem + "\"\n"));
  }
}

TEST_CASE("SimCLR's defaults are its published ones, for small pictures and for large") {
  const Workplace here;
  const auto shown = [&](const std::string& size) {
    const auto result =
        here.run({"config", "show", "--objective", "simclr", "--set", "data.source=\"synthetic\"",
                  "--set", "data.synthetic_count=8", "--set", "data.synthetic_size=" + size});
    REQUIRE(result.code == 0);
    return result.out;
  };
  const auto small = shown("32"), large = shown("224");
  CHECK(has(small, "\ntemperature = 0.5\n"));
  CHECK(has(small, "saturation = 0.4, hue = 0.1, dialect = \"pillow\", p = 0.8"));
  CHECK_FALSE(has(small, "gaussian_blur"));
  CHECK(has(large, "\ntemperature = 0.1\nscale"));
  CHECK(has(large, "saturation = 0.8, hue = 0.2, dialect = \"pillow\", p = 0.8"));
  CHECK(count(large, "gaussian_blur\", sigma = [0.1, 2.0], method = \"pillow\", p = 0.5") == 2);
  for (const auto& text : {small, large}) {
    CHECK(count(text, "scale = [0.08, 1.0]") == 2);
    CHECK_FALSE(has(text, "solarize"));
  }
}
