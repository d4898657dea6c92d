// `tandem bench`: that each part measures everything and names it; never how fast.
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

TEST_CASE("bench roofline finds every convolution and product of a step, and what each costs") {
  const Workplace here;
  const auto result = here.run({"bench", "roofline", "tiny.toml", "--rounds", "2", "--seconds",
                                "0.0001", "--json", "--set", "train.batch_size=10"});
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  const auto json = Json::parse(result.out);
  CHECK(json.at("threads") == 1);
  std::map<std::string, Json> kernels;
  for (const auto& kernel : json.at("kernels")) {
    kernels[kernel.at("name")] = kernel;
    CHECK(kernel.at("seconds").at("rounds").size() == 2);
    CHECK(kernel.at("flop_per_second") > 0);
  }
  // ResNet-10 of one stage: a stem of 3 channels, then one block of two 3x3 convolutions, for two
  // views together. The pictures want no gradient.
  const auto& stem = kernels.at("conv 3x3 3-8 of 16x16 forward");
  CHECK(stem.at("count") == 1);
  CHECK(stem.at("flop") == 2 * 20 * 16 * 16 * 3 * 8 * 9);
  CHECK(stem.at("input") == Json({20, 3, 16, 16}));
  CHECK(kernels.contains("conv 3x3 3-8 of 16x16 to weight"));
  CHECK_FALSE(kernels.contains("conv 3x3 3-8 of 16x16 to input"));
  for (const std::string pass : {"forward", "to input", "to weight"}) {
    const auto& block = kernels.at("conv 3x3 8-8 of 16x16 " + pass);
    CHECK(block.at("count") == 2);
    CHECK(block.at("flop") == 2 * 20 * 16 * 16 * 8 * 8 * 9);
  }
  // The projector's first layer, of each view.
  CHECK(kernels.at("product 10x8 8x16").at("count") == 2);
  CHECK(json.at("product").at("flop") == 2.0 * 2048 * 2048 * 2048);
  CHECK(json.at("step_seconds").at("median") > 0);
  CHECK_FALSE(here.exists("runs"));
}

TEST_CASE("bench roofline measures in the configuration's precision, and says in which") {
  const Workplace here;
  const auto result = here.run({"bench", "roofline", "tiny.toml", "--rounds", "1", "--seconds",
                                "0.0001", "--json", "--set", "run.precision=float64"});
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  const auto json = Json::parse(result.out);
  CHECK(json.at("product").at("type") == "Double");
  CHECK(json.at("product").at("name") == "product 2048x2048 2048x2048, float64");
  for (const auto& kernel : json.at("kernels"))
    CHECK(has(kernel.at("name").get<std::string>(), ", float64"));
}

TEST_CASE("bench step tells a step's parts, its memory, and what its kernels take alone") {
  const Workplace here;
  const auto result =
      here.run({"bench", "step", "tiny.toml", "--rounds", "5", "--seconds", "0.0001", "--json"});
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  const auto json = Json::parse(result.out);
  for (const char* part : {"step", "forward", "backward", "optimizer", "data", "roofline"})
    CHECK(json.at(std::string(part) + "_seconds").at("rounds").size() == 5);
  CHECK(json.at("peak_bytes") > 1e6);
  CHECK(json.at("flop") > 0);
  CHECK(json.at("roofline_share").at("at_least") <= json.at("roofline_share").at("median"));
  CHECK(json.at("pictures_per_second") > 0);
  CHECK_FALSE(here.exists("runs"));

  const auto text = here.run({"bench", "step", "tiny.toml", "--one-batch", "--rounds", "1",
                              "--seconds", "0", "--set", "run.precision=bfloat16"});
  CAPTURE(text.err);
  CHECK(text.code == 0);
  CHECK(has(text.out, "barlow_twins on resnet10, batch 8, bfloat16, 1 thread"));
  CHECK(has(text.out, "\n1 in a row: waiting for data "));
  CHECK(has(text.out, "peak memory"));
  CHECK_FALSE(has(text.out, "GFLOP"));
}

TEST_CASE(
    "bench step waits for a loader that is slower than the steps, whatever else it measures") {
  const Workplace here;
  // A batch is 16 times noise on 512 x 512 pixels, a step some convolutions of 8 x 8.
  const auto result =
      here.run({"bench", "step", "tiny.toml", "--rounds", "3", "--seconds", "0.05", "--json",
                "--set", "data.synthetic_size=512", "--set", "data.workers=1", "--set",
                "view=[{count = 2, ops = [{use = \"noise\"}, {use = \"random_resized_crop\", "
                "size = 8}]}]"});
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  const auto json = Json::parse(result.out);
  const double waiting = json.at("data_seconds").at("mean");
  CHECK(waiting > json.at("step_seconds").at("median"));
  // Eight pictures take a wait and a step.
  CHECK(json.at("pictures_per_second") < 8 / waiting);
}

TEST_CASE("bench step and roofline make pictures where none are named, and refuse nonsense") {
  const Workplace here;
  const Words small = {"--set",
                       "backbone.width=4",
                       "--set",
                       "train.batch_size=4",
                       "--set",
                       "objective.projector=[4]",
                       "--one-batch",
                       "--rounds",
                       "1",
                       "--seconds",
                       "0"};
  Words words = {"bench", "step"};
  words.insert(words.end(), small.begin(), small.end());
  const auto result = here.run(words);
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(here.run({"bench", "roofline", "tiny.toml", "--seconds", "0"}).code == 2);
  CHECK(here.run({"bench", "step", "tiny.toml", "--rounds", "0"}).code == 2);
  CHECK(here.run({"bench", "step", "nowhere.toml"}).code == 3);
}

TEST_CASE("bench loss measures time and memory of every objective's loss") {
  const Workplace here;
  for (const char* objective : {"barlow_twins", "simsiam", "byol", "simclr"}) {
    CAPTURE(objective);
    const auto result =
        here.run({"bench", "loss", "--objective", objective, "--batch", "32", "--dim", "64",
                  "--threads", "1", "--rounds", "2", "--seconds", "0.001", "--json"});
    CAPTURE(result.err);
    REQUIRE(result.code == 0);
    CHECK(result.err.empty());
    const auto json = Json::parse(result.out);
    CHECK(json.at("objective") == objective);
    CHECK(json.at("batch") == 32);
    CHECK(json.at("dim") == 64);
    CHECK(json.at("threads") == 1);
    CHECK(json.at("seconds_low") <= json.at("seconds_median"));
    CHECK(json.at("seconds_median") <= json.at("seconds_high"));
    CHECK(json.at("peak_bytes") > 0);
    // At least the gradient of one view.
    CHECK(json.at("tensor_peak_bytes") >= 32 * 64 * 4);
    CHECK(json.at("tensor_bytes") >= json.at("tensor_peak_bytes"));
  }
}

TEST_CASE(
    "bench loss tells that the correlation form holds the matrix that the Gram form has not") {
  const Workplace here;
  const auto peak = [&](const std::string& form) {
    const auto result =
        here.run({"bench", "loss", "--batch", "16", "--dim", "1024", "--threads", "1", "--rounds",
                  "1", "--seconds", "0.001", "--json", "--set", "objective.form=" + form});
    REQUIRE(result.code == 0);
    const auto json = Json::parse(result.out);
    return std::make_pair(json.at("peak_bytes").get<double>(),
                          json.at("tensor_peak_bytes").get<double>());
  };
  const auto gram = peak("gram"), correlation = peak("correlation");
  const double matrix = 1024 * 1024 * 4;
  CHECK(correlation.second >= matrix);
  CHECK(gram.second < matrix / 2);
  CHECK(correlation.first >= matrix);
}

TEST_CASE("bench loss takes several sizes, and refuses what makes no sense") {
  const Workplace here;
  const Words quick = {"--rounds", "1", "--seconds", "0.001"};
  const auto run = [&](Words words) {
    words.insert(words.end(), quick.begin(), quick.end());
    return here.run(words);
  };
  const Words two = {"bench", "loss", "--batch", "8", "--dim", "16", "--batch", "4", "--dim", "8"};
  const auto table = run(two);
  CHECK(table.code == 0);
  CHECK(has(table.out, "N 8, D 16"));
  CHECK(has(table.out, "N 4, D 8"));
  Words machine = two;
  machine.push_back("--json");
  CHECK(Json::parse(run(machine).out).at("losses").size() == 2);
  CHECK(run({"bench", "loss", "--batch", "8"}).code == 2);
  CHECK(run({"bench", "loss", "--batch", "1", "--dim", "8"}).code == 2);
  CHECK(run({"bench", "loss", "--objective", "nothing"}).code == 5);
}
