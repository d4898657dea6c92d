// The presets of public recipes against a table written from what was published.
#include "catch.hpp"
#include "workplace.hpp"

#include <map>

namespace {

using Values = std::map<std::string, std::string>;

Values shown(const Workplace& here, const std::string& preset) {
  const auto result = here.run({"config", "show", preset, "--json"});
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  Values values;
  for (const auto& item : Json::parse(result.out)) values[item.at("key")] = item.at("value");
  return values;
}

/// A number or a list of them in one spelling: "1e-4" and "0.0001" are the same.
std::string plain(const std::string& value) {
  try {
    const Json json = Json::parse(value);
    const auto number = [](const Json& x) {
      return x.is_number() ? std::to_string(1e9 * x.get<double>()) : x.dump();
    };
    if (!json.is_array()) return number(json);
    std::string text;
    for (const auto& x : json) text += number(x) + ";";
    return text;
  } catch (const Json::exception&) {
    return value;
  }
}

/// Every view's operations, each as its id and the values that recipes differ in, in order.
Words views_of(const Values& values) {
  const auto get = [&](const std::string& key) {
    const auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
  };
  /// Of most recipes it is Pillow's, which is left out.
  const auto dialect = [&](const std::string& key) {
    const std::string name = get(key);
    return name == "\"pillow\"" ? std::string() : name;
  };
  Words views;
  for (int v = 0; !get("view[" + std::to_string(v) + "].count").empty(); ++v) {
    std::string text;
    const std::string view = "view[" + std::to_string(v) + "]";
    for (int i = 0; !get(view + ".ops[" + std::to_string(i) + "].use").empty(); ++i) {
      const std::string op = view + ".ops[" + std::to_string(i) + "].";
      const std::string use = get(op + "use");
      text += text.empty() ? "" : " ";
      if (use == "\"random_resized_crop\"")
        text += "crop" + get(op + "size") + get(op + "scale") + get(op + "interpolation") +
                dialect(op + "dialect");
      else if (use == "\"color_jitter\"")
        text += "jitter" + get(op + "brightness") + "/" + get(op + "contrast") + "/" +
                get(op + "saturation") + "/" + get(op + "hue") + dialect(op + "dialect") + "@" +
                get(op + "p");
      else if (use == "\"gaussian_blur\"")
        text += "blur" + get(op + "sigma") + dialect(op + "method") + "@" + get(op + "p");
      else if (use == "\"solarize\"")
        text += "solarize" + get(op + "threshold") + "@" + get(op + "p");
      else if (use == "\"horizontal_flip\"")
        text += "flip@" + get(op + "p");
      else if (use == "\"grayscale\"")
        text += "grey@" + get(op + "p");
      else
        text += use;
    }
    for (int n = std::stoi(get(view + ".count")); n > 0; --n) views.push_back(text);
  }
  return views;
}

struct Recipe {
  std::string preset;
  Values values;
  Words views;
};

const std::string jitter2 = "jitter0.4/0.4/0.2/0.1@0.8 grey@0.2";
const std::string jitter4 = "jitter0.4/0.4/0.4/0.1@0.8 grey@0.2";
const std::string large = "crop224[0.08, 1.0]\"bicubic\" flip@0.5 " + jitter2;
const std::string solo = "crop32[0.08, 1.0]\"bicubic\" ";
const std::string lightly = "crop32[0.08, 1.0]\"bilinear\" flip@0.5 " + jitter2;
const std::string blur = " blur[0.1, 2.0]@";
const std::string solarized = " solarize128.0@0.2";
const Words large_views = {large + blur + "1.0", large + blur + "0.1" + solarized};
const std::string deepmind =
    "crop224[0.08, 1.0]\"bicubic\"\"deepmind\" flip@0.5 jitter0.4/0.4/0.2/0.1\"deepmind\"@0.8 "
    "grey@0.2 blur[0.1, 2.0]\"deepmind\"@";
const Words deepmind_views = {deepmind + "1.0", deepmind + "0.1 solarize127.5@0.2"};
const Words solo_views = {solo + jitter2 + " flip@0.5", solo + jitter2 + solarized + " flip@0.5"};
const Words lightly_views = {lightly, lightly + solarized};

Words twice(const std::string& view) {
  return {view, view};
}

/// What all recipes of one origin have in common, under what is a recipe's own.
Values with(Values own, const Values& common) {
  own.insert(common.begin(), common.end());
  return own;
}

const Values official = {{"backbone.use", "\"resnet50\""},
                         {"backbone.stem", "\"imagenet\""},
                         {"backbone.zero_init_residual", "true"},
                         {"data.normalize", "\"imagenet\""},
                         {"schedule.use", "\"cosine\""},
                         {"optimizer.momentum", "0.9"},
                         {"optimizer.lr_per", "256"},
                         {"train.views", "\"separate\""},
                         {"eval.holdout", "0"}};
const Values official_lars = {{"optimizer.use", "\"lars\""},
                              {"optimizer.dialect", "\"official\""},
                              {"optimizer.eta", "0.001"},
                              {"optimizer.clip_lr", "false"},
                              {"optimizer.decay_bias_norm", "false"},
                              {"schedule.per", "\"step\""},
                              {"schedule.warmup_epochs", "10"},
                              {"schedule.warmup_start", "0"}};
const Values cifar_solo = {{"backbone.use", "\"resnet18\""},
                           {"backbone.stem", "\"cifar_pad2\""},
                           {"backbone.zero_init_residual", "false"},
                           {"data.normalize", "\"cifar10\""},
                           {"schedule.use", "\"cosine\""},
                           {"schedule.per", "\"step\""},
                           {"schedule.warmup_epochs", "10"},
                           {"schedule.final", "0"},
                           {"optimizer.momentum", "0.9"},
                           {"optimizer.lr_per", "256"},
                           {"optimizer.bias_lr", "\"lr\""},
                           {"train.epochs", "1000"},
                           {"train.batch_size", "256"},
                           {"train.views", "\"separate\""},
                           {"eval.holdout", "0"},
                           {"eval.online_probe", "true"}};
const Values solo_lars = {{"optimizer.use", "\"lars\""},
                          {"optimizer.dialect", "\"solo\""},
                          {"optimizer.eta", "0.02"},
                          {"optimizer.clip_lr", "true"},
                          {"optimizer.decay_bias_norm", "false"}};
const Values cifar_lightly = {{"run.precision", "\"float32\""},
                              {"backbone.use", "\"resnet18\""},
                              {"backbone.stem", "\"cifar\""},
                              {"backbone.zero_init_residual", "false"},
                              {"data.normalize", "\"imagenet\""},
                              {"schedule.use", "\"cosine\""},
                              {"schedule.per", "\"epoch\""},
                              {"schedule.warmup_epochs", "0"},
                              {"schedule.final", "0"},
                              {"optimizer.use", "\"sgd\""},
                              {"optimizer.lr", "0.06"},
                              {"optimizer.momentum", "0.9"},
                              {"optimizer.nesterov", "false"},
                              {"optimizer.bias_lr", "\"lr\""},
                              {"optimizer.weight_decay", "5e-4"},
                              {"optimizer.decay_bias_norm", "true"},
                              {"train.epochs", "200"},
                              {"train.batch_size", "128"},
                              {"train.views", "\"separate\""},
                              {"eval.holdout", "0"},
                              {"eval.k", "200"},
                              {"eval.temperature", "0.1"},
                              {"eval.knn_every", "1"}};

std::vector<Recipe> recipes() {
  return {
      {"barlow_twins-official",
       with(with({{"objective.projector", "[8192, 8192, 8192]"},
                  {"objective.hidden_bias", "false"},
                  {"objective.last_bias", "false"},
                  {"objective.lambda", "0.0051"},
                  {"objective.scale", "1"},
                  {"optimizer.lr", "0.2"},
                  {"optimizer.bias_lr", "0.0003"},  // 0.0048 / 16 ranks
                  {"optimizer.weight_decay", "1e-6"},
                  {"schedule.final", "0.001"},
                  {"train.epochs", "1000"},
                  {"train.batch_size", "2048"}},
                 official_lars),
            official),
       large_views},
      {"simsiam-official",
       with({{"run.precision", "\"float32\""},
             {"objective.projector", "[2048, 2048, 2048]"},
             {"objective.last_affine", "false"},
             {"objective.predictor_hidden", "512"},
             {"objective.constant_predictor_lr", "true"},
             {"optimizer.use", "\"sgd\""},
             {"optimizer.lr", "0.05"},
             {"optimizer.bias_lr", "\"lr\""},
             {"optimizer.weight_decay", "1e-4"},
             {"optimizer.decay_bias_norm", "true"},
             {"schedule.per", "\"epoch\""},
             {"schedule.warmup_epochs", "0"},
             {"schedule.final", "0"},
             {"train.epochs", "100"},
             {"train.batch_size", "512"}},
            official),
       twice("crop224[0.2, 1.0]\"bilinear\" " + jitter4 + blur + "0.5 flip@0.5")},
      {"byol-official",
       with(with({{"run.precision", "\"float32\""},
                  {"objective.projector", "[4096, 256]"},
                  {"objective.predictor_hidden", "4096"},
                  {"objective.hidden_bias", "true"},
                  {"objective.last_bias", "false"},
                  {"objective.tau", "0.996"},
                  {"objective.tau_schedule", "\"cosine\""},
                  {"objective.target_init", "\"fresh\""},
                  {"objective.scale", "1"},
                  {"optimizer.lr", "0.2"},
                  {"optimizer.bias_lr", "\"lr\""},
                  {"optimizer.weight_decay", "1.5e-6"},
                  {"schedule.final", "0"},
                  {"train.epochs", "1000"},
                  {"train.batch_size", "4096"}},
                 official_lars),
            official),
       deepmind_views},
      {"barlow_twins-cifar-solo",
       with(with({{"objective.projector", "[2048, 2048, 2048]"},
                  {"objective.hidden_bias", "true"},
                  {"objective.last_bias", "true"},
                  {"objective.lambda", "0.0051"},
                  {"objective.scale", "0.1"},
                  {"optimizer.lr", "0.3"},
                  {"optimizer.weight_decay", "1e-4"},
                  {"schedule.warmup_start", "0.0001"}},  // 3e-5 / 0.3
                 solo_lars),
            cifar_solo),
       solo_views},
      {"byol-cifar-solo",
       with(with({{"objective.projector", "[4096, 256]"},
                  {"objective.predictor_hidden", "4096"},
                  {"objective.hidden_bias", "true"},
                  {"objective.last_bias", "true"},
                  {"objective.tau", "0.99"},
                  {"objective.tau_schedule", "\"cosine\""},
                  {"objective.target_init", "\"copy\""},
                  {"objective.scale", "1"},
                  {"optimizer.lr", "1"},
                  {"optimizer.weight_decay", "1e-5"},
                  {"schedule.warmup_start", "0.00003"}},
                 solo_lars),
            cifar_solo),
       solo_views},
      {"simsiam-cifar-solo",
       with({{"objective.projector", "[2048, 2048, 2048]"},
             {"objective.last_affine", "false"},
             {"objective.predictor_hidden", "512"},
             {"objective.constant_predictor_lr", "true"},
             {"optimizer.use", "\"sgd\""},
             {"optimizer.nesterov", "false"},
             {"optimizer.lr", "0.5"},
             {"optimizer.weight_decay", "1e-5"},
             {"optimizer.decay_bias_norm", "true"},
             {"schedule.warmup_start", "0.00006"}},  // 3e-5 / 0.5
            cifar_solo),
       twice(solo + jitter4 + blur + "0.5 flip@0.5")},
      {"barlow_twins-cifar-lightly",
       with({{"objective.projector", "[2048, 2048]"},
             {"objective.hidden_bias", "false"},
             {"objective.last_bias", "true"},
             {"objective.lambda", "0.005"},
             {"objective.scale", "1"},
             {"optimizer.lr_per", "128"}},
            cifar_lightly),
       lightly_views},
      {"byol-cifar-lightly",
       with({{"objective.projector", "[1024, 256]"},
             {"objective.predictor_hidden", "1024"},
             {"objective.hidden_bias", "false"},
             {"objective.last_bias", "true"},
             {"objective.tau", "0.99"},
             {"objective.tau_schedule", "\"constant\""},
             {"objective.target_init", "\"copy\""},
             {"objective.scale", "0.25"},
             {"optimizer.lr_per", "128"}},
            cifar_lightly),
       lightly_views},
      {"simsiam-cifar-lightly",
       with({{"objective.projector", "[2048, 2048]"},
             {"objective.last_affine", "true"},
             {"objective.predictor_hidden", "512"},
             {"objective.constant_predictor_lr", "false"},
             {"optimizer.lr_per", "0"}},
            cifar_lightly),
       twice("crop32[0.2, 1.0]\"bilinear\" flip@0.5 " + jitter4)},
  };
}

/// `count` pictures as a file of CIFAR-10's binary version: a label's byte and 3 × 32 × 32 pixels.
std::string cifar_file(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes += static_cast<char>(i % 10);
    for (int j = 0; j < 3 * 32 * 32; ++j) bytes += static_cast<char>((i * 37 + j * 11) % 251);
  }
  return bytes;
}

/// An epoch of a preset on 40 pictures, narrow enough to take no time.
Result train_on_cifar(const Workplace& here, const std::string& preset, const Words& more) {
  Words words = {"train", preset, "--data", "cifar", "--out", "run", "--overwrite"};
  for (const auto* set : {"backbone.width=8", "objective.projector=[32, 16]", "train.epochs=1",
                          "schedule.warmup_epochs=0", "train.batch_size=8", "train.log_every=1"})
    words.insert(words.end(), {"--set", set});
  words.insert(words.end(), more.begin(), more.end());
  return here.run(words);
}

}  // namespace

TEST_CASE("the presets of public recipes have the published values") {
  const Workplace here;
  for (const auto& [preset, expected, views] : recipes()) {
    CAPTURE(preset);
    const Values values = shown(here, preset);
    CHECK(values.at("objective.use") == "\"" + preset.substr(0, preset.find('-')) + "\"");
    for (const auto& [key, value] : expected) {
      CAPTURE(key);
      REQUIRE(values.count(key) == 1);
      CHECK(plain(values.at(key)) == plain(value));
    }
    CHECK(views_of(values) == views);
  }
}

TEST_CASE("recipes for CIFAR train on every picture, with test pictures and without") {
  const Workplace here;
  std::filesystem::create_directories(here / "cifar");
  write_file(here / "cifar/data_batch_1.bin", cifar_file(40));
  write_file(here / "cifar/test_batch.bin", cifar_file(10));
  const auto names = [&] {
    Words list;
    for (const auto& event : events(here / "run", "eval")) list.push_back(event.at("name"));
    return list;
  };
  for (const std::string preset : {"barlow_twins-cifar-solo", "simsiam-cifar-lightly"}) {
    CAPTURE(preset);
    auto result = train_on_cifar(here, preset, {"--set", "eval.path=cifar/test_batch.bin"});
    CAPTURE(result.err);
    REQUIRE(result.code == 0);
    CHECK(events(here / "run", "step").size() == 5);  // of 36 pictures four batches
    CHECK(has(events(here / "run", "eval").at(0).at("protocol"), "bank 40 training pictures, 10"));
    CHECK(names() == (has(preset, "-solo") ? Words{"knn", "online_probe"} : Words{"knn"}));

    result = train_on_cifar(here, preset, {});
    CHECK(result.code == 0);
    CHECK(events(here / "run", "step").size() == 5);
    CHECK(names().empty());
    CHECK_FALSE(has(result.err, "held out"));
  }
}
