// What a run leaves behind.
#include "catch.hpp"
#include "workplace.hpp"

#include <cmath>
#include <cstdio>
#include <memory>
#include <opencv2/imgcodecs.hpp>

namespace {

/// By another program.
std::string sha256_of(const std::string& file) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
      ::popen(("sha256sum '" + file + "'").c_str(), "r"), ::pclose);
  char hex[65] = {};
  REQUIRE(std::fread(hex, 1, 64, pipe.get()) == 64);
  return hex;
}

/// One run for all that is looked at afterwards.
struct Finished {
  Workplace here;
  Result result = here.run(here.tiny({"--json"}));
  std::filesystem::path run = here / "run";
};

const Finished& finished() {
  static const Finished one;
  return one;
}

}  // namespace

TEST_CASE(
    "a run leaves its configuration, manifest, metrics, views, weights, checkpoint and page, no "
    "more") {
  REQUIRE(finished().result.code == 0);
  const std::string last = "checkpoints/step-00000008/";
  CHECK(names_of(finished().run) ==
        Words{"backbone.safetensors", last + "COMMIT", last + "config.toml",
              last + "model.safetensors", last + "objective.safetensors",
              last + "optimizer.safetensors", last + "state.json", "config.toml",
              "events.out.tfevents.tandem", "gallery.json", "manifest.json", "metrics.jsonl",
              "objective.safetensors", "report.html", "views.png"});
  CHECK(std::filesystem::read_symlink(finished().run / "checkpoints/latest") == "step-00000008");
}

TEST_CASE("a run's result goes to stdout, its progress to stderr without control codes") {
  const auto& result = finished().result;
  const auto summary = Json::parse(result.out);
  CHECK(summary.at("run") == "run");
  CHECK(summary.at("steps") == 8);
  CHECK(summary.at("end") == "finished");
  REQUIRE(summary.at("evaluations").size() == 1);
  const auto& knn = summary.at("evaluations")[0];
  CHECK(knn.at("values").at("knn_top1") >= 0);
  CHECK(knn.at("values").at("knn_top1") <= 100);
  for (const char* part : {"cosine", "k 20", "T 0.1", "bank 36", "4 queries", "10 %", "epoch 2"})
    CHECK(has(knn.at("protocol"), part));

  CHECK(has(result.err, "step 8/8"));
  CHECK(has(result.err, "finished after 8 steps"));
  for (const char character : result.err)
    CHECK((character == '\n' || static_cast<unsigned char>(character) >= ' '));
}

TEST_CASE("a run's metrics are lines of JSON, from start to end") {
  const auto lines = metrics(finished().run);
  const Json start = lines.front(), end = lines.back();
  CHECK(start.at("event") == "start");
  CHECK(start.at("samples") == 36);  // 10 % of 40 are held out
  CHECK(start.at("batch_size") == 8);
  CHECK(start.at("steps_per_epoch") == 4);
  CHECK(start.at("total_steps") == 8);

  const auto steps = events(finished().run, "step");
  REQUIRE(steps.size() == 8);
  constexpr double pi = 3.14159265358979323846;
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(steps[i].at("step") == i + 1);
    CHECK(steps[i].at("epoch") == i / 4 + 1);
    CHECK(steps[i].at("loss").get<double>() > 0);
    CHECK(steps[i].at("metrics").contains("on_diag"));
    const Json& timing = steps[i].at("timing");
    double parts = 0;
    for (const char* part :
         {"data", "forward", "backward", "optimizer", "health", "probe", "checkpoint", "observers"})
      parts += timing.at(part).get<double>();
    CHECK(timing.at("total") > 0);
    CHECK(parts <= timing.at("total").get<double>() + 1e-6);
    // What is told of a step is told by the next.
    CHECK((timing.at("observers") > 0) == (i > 0));
    const double x = static_cast<double>(i), lr = 0.02;
    const double expected = i < 4 ? lr * x / 4 : lr * (1 + std::cos(pi * (x - 4) / 4)) / 2;
    CHECK(std::abs(steps[i].at("lr").get<double>() - expected) < 1e-9);
  }
  CHECK(events(finished().run, "epoch").size() == 2);
  CHECK(events(finished().run, "eval").size() == 1);
  CHECK(end.at("event") == "end");
  CHECK(end.at("reason") == "finished");
}

TEST_CASE("a run's manifest tells what can change its numbers") {
  const auto manifest = Json::parse(read_file(finished().run / "manifest.json"));
  CHECK(has(manifest.at("tandem"), "."));
  CHECK(has(manifest.at("libtorch"), "2."));
  CHECK_FALSE(manifest.at("compiler").get<std::string>().empty());
  CHECK(manifest.at("seed") == 0);
  CHECK(manifest.at("machine").at("threads") == 1);
  CHECK_FALSE(manifest.at("machine").at("processor").get<std::string>().empty());
  CHECK(manifest.at("data").at("pictures") == 36);
  CHECK(manifest.at("data").at("fingerprint").get<std::string>().size() == 16);
  CHECK(manifest.at("data").at("mean").size() == 3);
  Words plugins;
  for (const auto& plugin : manifest.at("plugins")) {
    plugins.push_back(plugin.at("id"));
    CHECK(plugin.at("sha256") == sha256_of(plugin.at("file")));
  }
  CHECK(plugins == Words{"barlow_twins", "image", "resnet"});
}

TEST_CASE("a run's views are a picture") {
  const std::string png = read_file(finished().run / "views.png");
  CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
  const std::vector<unsigned char> bytes(png.begin(), png.end());
  const cv::Mat picture = cv::imdecode(bytes, cv::IMREAD_COLOR);
  CHECK(picture.rows >= 16);
  CHECK(picture.cols >= 2 * 16);
}

TEST_CASE("a run's weights have torchvision's names and say what they are") {
  const auto backbone = safetensors_header(finished().run / "backbone.safetensors");
  CHECK(backbone.at("conv1.weight").at("shape") == Json({8, 3, 3, 3}));
  CHECK(backbone.at("conv1.weight").at("dtype") == "F32");
  CHECK(backbone.contains("layer1.0.bn2.running_var"));
  const auto& metadata = backbone.at("__metadata__");
  CHECK(metadata.at("backbone") == "resnet10");
  CHECK(metadata.at("objective") == "barlow_twins");
  CHECK(metadata.at("epochs") == "2.0");

  const auto objective = safetensors_header(finished().run / "objective.safetensors");
  CHECK(objective.at("projector.0.weight").at("shape") == Json({16, 8}));
}

TEST_CASE("a run stores the folder that it read, also where the path leads over a link") {
  const Workplace here;
  std::filesystem::create_directories(here / "real/inner");
  std::filesystem::create_directory_symlink("real/inner", here / "link");
  // The folder that is trained on, and another one where the words alone lead to.
  for (const auto& [folder, pictures] :
       std::map<std::string, int>{{"real/pictures", 16}, {"pictures", 12}}) {
    std::filesystem::create_directory(here / folder);
    for (int i = 0; i < pictures; ++i) {
      std::string pixels;
      for (int at = 0; at < 3 * 16 * 16; ++at) pixels += static_cast<char>(at * (i + 3) % 251);
      write_file(here / folder / (std::to_string(i) + ".ppm"), "P6 16 16 255\n" + pixels);
    }
  }
  for (const Words& words : {here.tiny({"--set", "data.source=\"auto\"", "--set",
                                        "train.max_steps=1", "--data", "link/../pictures"}),
                             Words{"train", "run/config.toml", "--out", "again"}}) {
    const auto result = here.run(words);
    CAPTURE(result.err);
    REQUIRE(result.code == 0);
  }
  for (const char* run : {"run", "again"})
    CHECK(Json::parse(read_file(here / run / "manifest.json")).at("data").at("pictures") == 16);
}

TEST_CASE("a run's configuration runs again, to the same weights") {
  const auto& here = finished().here;
  const auto again = here.run({"train", "run/config.toml", "--out", "again", "--quiet"});
  CHECK(again.code == 0);
  CHECK(again.err.empty());
  for (const char* file : {"backbone.safetensors", "objective.safetensors", "views.png"})
    CHECK(read_file(here / "again" / file) == read_file(finished().run / file));
  std::string config = read_file(here / "again/config.toml");
  CHECK(has(config, "out = \"again\"\n"));
  config.replace(config.find("\"again\""), 7, "\"run\"");
  CHECK(config == read_file(finished().run / "config.toml"));
}

TEST_CASE("what is held out for evaluation is not trained on") {
  const Workplace here;
  struct Row {
    std::string setting;
    int samples;
    std::size_t evaluations;
  };
  const std::vector<Row> table = {{"eval.holdout=0.25", 30, 1},
                                  {"eval.holdout=0", 40, 0},
                                  {"eval.knn_every=\"never\"", 40, 0},
                                  {"eval.knn_every=1", 36, 2}};
  int number = 0;
  for (const auto& [setting, samples, evaluations] : table) {
    CAPTURE(setting);
    const std::string out = "run" + std::to_string(++number);
    REQUIRE(here.run(here.tiny({"--out", out, "--set", setting})).code == 0);
    CHECK(metrics(here / out).front().at("samples") == samples);
    CHECK(events(here / out, "eval").size() == evaluations);
  }
}

TEST_CASE("a run without a name gets a folder of its own below runs") {
  const Workplace here;
  Words words = here.tiny();
  words.erase(words.end() - 2, words.end());
  words.insert(words.end(), {"--set", "train.max_steps=1", "--verbose"});
  for (int i = 0; i < 2; ++i) {
    const auto result = here.run(words);
    CHECK(result.code == 0);
    CHECK(has(result.out, "run folder: runs/barlow_twins-2"));
    CHECK(has(result.err, "debug: uses "));
  }
  const std::filesystem::directory_iterator folders(here / "runs");
  CHECK(std::distance(begin(folders), end(folders)) == 2);
}
