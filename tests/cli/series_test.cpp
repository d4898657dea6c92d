// Signals of one dimension, with a backbone and operations from a plugin.
#include "catch.hpp"
#include "workplace.hpp"

#include <opencv2/imgcodecs.hpp>

namespace {

const std::string plugin = std::string(TANDEM_FIXTURE_PLUGINS) + "/signals.so";

const std::string data =
    "[run]\nthreads = 1\n"
    "[data]\nsource = \"synthetic_series\"\nsynthetic_size = 128\n"
    "synthetic_count = 600\nsynthetic_classes = 6\n";
const std::string network = "[backbone]\nuse = \"conv1d\"\nwidth = 16\n";
const std::string views =
    "[[view]]\ncount = 2\nops = [{ use = \"series_crop\", length = 96 }, { use = "
    "\"series_scale\" }, { use = \"series_jitter\", deviation = 0.3 }]\n";
const std::string training =
    "[objective]\nuse = \"barlow_twins\"\nprojector = [128, 128]\nlambda = 0.03\n"
    "[optimizer]\nuse = \"adam\"\nlr = 3e-3\n[schedule]\nuse = \"cosine\"\n"
    "[train]\nepochs = 30\nbatch_size = 50\n[eval]\nholdout = 0.25\n";

Result train(const Workplace& here, const std::string& text, const Words& more = {}) {
  write_file(here / "series.toml", text);
  Words words = {"train", "series.toml", "--plugin", plugin, "--out", "run"};
  words.insert(words.end(), more.begin(), more.end());
  return here.run(words);
}

}  // namespace

TEST_CASE("Barlow Twins learns from series, better than the series themselves tell") {
  const Workplace here;
  const auto trained = train(here, data + network + views + training, {"--json"});
  CAPTURE(trained.err);
  REQUIRE(trained.code == 0);
  const auto steps = events(here / "run", "step");
  CHECK(steps.back().at("loss") < steps.front().at("loss"));

  const auto table = here.run({"eval", "knn", "run", "--plugin", plugin, "--baselines", "--json"});
  CAPTURE(table.err);
  REQUIRE(table.code == 0);
  const auto rows = Json::parse(table.out).at("rows");
  const double raw = rows.at(0).at("knn_top1"), learned = rows.at(3).at("knn_top1");
  CAPTURE(raw, learned, rows.at(2).at("knn_top1").get<double>());
  CHECK(learned > 100.0 / 6 + 30);  // of six classes
  CHECK(learned > raw + 10);
}

TEST_CASE("the views of series are plotted, each in its place") {
  const Workplace here;
  REQUIRE(train(here, data + network + views + training,
                {"--set", "train.max_steps=1", "--set", "data.channels=2"})
              .code == 0);
  const cv::Mat sheet = cv::imread((here / "run/views.png").string());
  REQUIRE(sheet.cols == 4 + 3 * 132);  // the series and two views
  REQUIRE(sheet.rows == 4 + 8 * 132);
  for (int column = 0; column < 3; ++column) {
    const cv::Mat cell = sheet(cv::Rect(4 + 132 * column, 4, 128, 128));
    int left = 0, right = 0;
    for (int y = 0; y < 128; ++y) {
      left += cell.at<cv::Vec3b>(y, 0)[0] > 32;
      right += cell.at<cv::Vec3b>(y, 127)[0] > 32;
    }
    CHECK(left > 0);  // a line from side to side
    CHECK(right > 0);
    CHECK(left + right < 200);
  }
}

TEST_CASE("series without views for them are told what to write") {
  const Workplace here;
  const auto bare = train(here, data + network + training);
  CHECK(bare.code == 3);
  CHECK(has(bare.err, "the data are series (1 x 128, 1 channel)"));
  CHECK(has(bare.err, "[[view]]"));
  CHECK(count(bare.err, "error:") == 1);
  CHECK_FALSE(here.exists("run"));
}

TEST_CASE("a network for pictures takes series too, with operations for them") {
  const Workplace here;
  const auto result = train(
      here, data + "[backbone]\nuse = \"resnet10\"\nwidth = 8\nstages = 2\n" + views + training,
      {"--set", "train.max_steps=2"});
  CAPTURE(result.err);
  CHECK(result.code == 0);
}
