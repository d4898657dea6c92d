// `tandem augment preview`.
#include "catch.hpp"
#include "workplace.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <opencv2/imgcodecs.hpp>
#include <sstream>

namespace {

const std::string third_party = std::string(TANDEM_FIXTURE_PLUGINS) + "/good_ops.so";

/// A picture of the folder `pictures`: every pixel holds twice its row, twice its column, and which
/// picture it is.
cv::Mat coordinates(int number) {
  cv::Mat picture(80, 100, CV_8UC3);
  for (int y = 0; y < 80; ++y)
    for (int x = 0; x < 100; ++x)
      picture.at<cv::Vec3b>(y, x) = cv::Vec3b(static_cast<uchar>(2 * y), static_cast<uchar>(2 * x),
                                              static_cast<uchar>(10 * number));
  return picture;
}

/// A folder `pictures` of so many, and a configuration of one view for each list of operations.
void lay_out(const Workplace& here, int pictures, const Words& lists) {
  std::filesystem::create_directory(here / "pictures");
  for (int i = 0; i < pictures; ++i)
    cv::imwrite((here / ("pictures/" + std::to_string(i) + ".png")).string(), coordinates(i));
  std::string text = "[data]\npath = \"pictures\"\n";
  for (const auto& list : lists) text += "[[view]]\nops = [" + list + "]\n";
  write_file(here / "views.toml", text);
}

Json preview(const Workplace& here, const Words& more) {
  Words words = {"augment", "preview", "views.toml", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const auto result = here.run(words);
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  return Json::parse(result.out);
}

/// What stands in the middle of a cell of the sheet, of this size, in cells of `side`.
cv::Mat cell(const cv::Mat& sheet, int row, int column, int height, int width, int side = 128) {
  return sheet(cv::Rect(4 + (side + 4) * column + (side - width) / 2,
                        4 + (side + 4) * row + (side - height) / 2, width, height));
}

bool same(const cv::Mat& a, const std::function<cv::Vec3b(int, int)>& b) {
  for (int y = 0; y < a.rows; ++y)
    for (int x = 0; x < a.cols; ++x)
      if (a.at<cv::Vec3b>(y, x) != b(y, x)) return false;
  return true;
}

/// A part of a picture with coordinates, made `size` pixels wide and high and shown `times` as
/// large, by its inner pixels.
void check_part(const cv::Mat& seen, const std::string& told, int size = 64, int times = 2) {
  CAPTURE(told);
  int top = -1, left = -1, width = 0, height = 0, end = 0;
  std::sscanf(told.c_str(), "top %d, left %d, width %d, height %d of 100x80%n", &top, &left, &width,
              &height, &end);
  REQUIRE(end == static_cast<int>(told.size()));
  const int middle = times * size / 2;
  for (int i = size / 8; i < size - size / 8; ++i) {
    const auto& down = seen.at<cv::Vec3b>(times * i, middle);
    const auto& along = seen.at<cv::Vec3b>(middle, times * i);
    REQUIRE(std::abs(down[0] - 2 * (top + (i + 0.5) * height / size - 0.5)) <= 1);
    REQUIRE(std::abs(along[1] - 2 * (left + (i + 0.5) * width / size - 0.5)) <= 1);
  }
}

/// Lines of what is printed that tell of an operation of a view.
Words told_lines(const std::string& text) {
  Words lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("    view ")) lines.push_back(line);
  return lines;
}

}  // namespace

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
    CHECK(has(result.err, "give others with --epoch, --first and --images"));
  }
  CHECK(here.run({"augment", "tiny.toml"}).code == 2);
  CHECK_FALSE(here.exists("preview.png"));
}

TEST_CASE("a preview of fewer pictures than usual shows those that there are") {
  const Workplace here;
  lay_out(here, 5, {"{ use = \"horizontal_flip\" }"});
  CHECK(preview(here, {}).at("pictures").size() == 5);
  const auto last = preview(here, {"--first", "3"}).at("pictures");
  REQUIRE(last.size() == 2);
  CHECK(last[0].at("place") == 3);
  for (const Words& more : {Words{"--images", "6"}, Words{"--first", "5"}}) {
    Words words = {"augment", "preview", "views.toml"};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = here.run(words);
    CAPTURE(result.err);
    CHECK(result.code == 2);
    CHECK(has(result.err, "there are 5 to train on"));
    CHECK(has(result.err, "--images"));
  }
}

TEST_CASE("what a preview tells of its draws is what the picture shows") {
  const Workplace here;
  lay_out(here, 24,
          {"{ use = \"random_resized_crop\", size = 64, scale = [0.2, 1], interpolation = "
           "\"bilinear\" }",
           "{ use = \"horizontal_flip\" }", "{ use = \"color_jitter\", brightness = 0.4, p = 0.8 }",
           "{ use = \"solarize\" }"});
  for (const Words& more : {Words{}, Words{"--epoch", "3", "--set", "run.seed=7"}}) {
    Words words = {"--images", "20", "--first", "4", "--out", "p.png"};
    words.insert(words.end(), more.begin(), more.end());
    const Json json = preview(here, words);
    const cv::Mat sheet = cv::imread((here / "p.png").string());
    REQUIRE((sheet.rows == 4 + 20 * 132 && sheet.cols == 4 + 5 * 132));
    std::map<std::string, int> seen;
    for (int row = 0; row < 20; ++row) {
      const Json views = json.at("pictures").at(static_cast<std::size_t>(row)).at("views");
      const auto told = [&](std::size_t view) {
        REQUIRE(views.at(view).size() == 1);
        return views.at(view).at(0).at("drawn").get<std::string>();
      };
      const cv::Mat original = cell(sheet, row, 0, 80, 100);
      const auto value = [&](int y, int x) { return original.at<cv::Vec3b>(y, x); };
      check_part(cell(sheet, row, 1, 128, 128), told(0));
      CHECK(same(cell(sheet, row, 2, 80, 100), [&](int y, int x) {
        return told(1) == "flipped" ? value(y, 99 - x) : value(y, x);
      }));
      const float factor =
          told(2) == "not applied" ? 1 : std::stof(told(2).substr(sizeof "brightness"));
      CHECK(same(cell(sheet, row, 3, 80, 100), [&](int y, int x) {
        cv::Vec3b pixel = value(y, x);
        for (int c = 0; c < 3; ++c)
          pixel[c] = static_cast<uchar>(std::min(255.0f, factor * static_cast<float>(pixel[c])));
        return pixel;
      }));
      CHECK(same(cell(sheet, row, 4, 80, 100), [&](int y, int x) {
        cv::Vec3b pixel = value(y, x);
        for (int c = 0; c < 3; ++c)
          if (told(3) == "applied" && pixel[c] >= 128)
            pixel[c] = static_cast<uchar>(255 - pixel[c]);
        return pixel;
      }));
      for (std::size_t view = 0; view < 4; ++view) ++seen[told(view)];
    }
    CHECK((seen["flipped"] > 2 && seen["applied"] > 2 && seen["not applied"] > 4));
    CHECK(seen.size() > 20);  // parts and factors are others each time
  }
}

TEST_CASE("a view larger than usual cells is shown with each of its pixels") {
  const Workplace here;
  lay_out(here, 6,
          {"{ use = \"random_resized_crop\", size = 200, scale = [0.2, 1], interpolation = "
           "\"bilinear\" }",
           "{ use = \"horizontal_flip\" }"});
  for (const Words& more : {Words{}, Words{"--steps"}}) {
    Words words = {"--images", "6", "--out", "p.png"};
    words.insert(words.end(), more.begin(), more.end());
    const Json json = preview(here, words);
    const cv::Mat sheet = cv::imread((here / "p.png").string());
    const int rows = more.empty() ? 1 : 2;
    REQUIRE((sheet.rows == 4 + 6 * rows * 204 && sheet.cols == 4 + (4 - rows) * 204));
    for (int row = 0; row < 6; ++row) {
      const Json views = json.at("pictures").at(static_cast<std::size_t>(row)).at("views");
      check_part(cell(sheet, rows * row, 1, 200, 200, 200),
                 views.at(0).at(0).at("drawn").get<std::string>(), 200, 1);
      // The original has 100 by 80 pixels.
      const cv::Mat original = cell(sheet, rows * row, 0, 160, 200, 200);
      CHECK(original.at<cv::Vec3b>(2 * 30 + 1, 2 * 70 + 1)[0] == 2 * 30);
      CHECK(original.at<cv::Vec3b>(2 * 30 + 1, 2 * 70 + 1)[1] == 2 * 70);
    }
  }
}

TEST_CASE("a preview prints a line for each operation of each view, as --json has it") {
  const Workplace here;
  lay_out(
      here, 6,
      {"{ use = \"gaussian_blur\" }, { use = \"invert\" }", "{ use = \"grayscale\", p = 0.5 }"});
  const Words plugin = {"--plugin", third_party, "--images", "3"};
  Words lines;
  const Json json = preview(here, plugin);
  for (const Json& picture : json.at("pictures")) {
    for (std::size_t view = 0; view < 2; ++view) {
      for (const Json& op : picture.at("views").at(view)) {
        const std::string use = op.at("use");
        // An operation that does not say what it draws is listed all the same.
        CHECK(op.at("drawn").is_null() == (use == "invert"));
        lines.push_back("    view " + std::to_string(view + 1) + "  " + use +
                        std::string(15 - use.size(), ' ') +
                        (use == "invert" ? "-" : op.at("drawn").get<std::string>()));
      }
    }
  }
  CHECK(lines.size() == 9);
  Words words = {"augment", "preview", "views.toml"};
  words.insert(words.end(), plugin.begin(), plugin.end());
  const auto shown = here.run(words);
  CHECK(shown.code == 0);
  CHECK(told_lines(shown.out) == lines);
  words.push_back("--steps");
  CHECK(told_lines(here.run(words).out) == lines);
  words.push_back("--quiet");
  const auto quiet = here.run(words);
  CHECK(quiet.code == 0);
  CHECK(told_lines(quiet.out).empty());
  CHECK(has(quiet.out, "  place 2: "));
}

TEST_CASE("views of one [[view]] are told one by one, and what stands for an unreadable picture") {
  const Workplace here;
  lay_out(here, 6, {"{ use = \"horizontal_flip\" }"});
  write_file(here / "pictures/3.png", "no picture");
  const auto result = here.run({"augment", "preview", "views.toml", "--images", "6", "--set",
                                "view=[{count = 3, ops = [{use = \"horizontal_flip\"}]}, "
                                "{ops = [{use = \"grayscale\"}]}]"});
  CAPTURE(result.out, result.err);
  CHECK(result.code == 0);
  CHECK(has(result.out, "\nviews 1 to 3: horizontal_flip\nview 4: grayscale\n"));
  CHECK(told_lines(result.out).size() == 6 * 4);
  CHECK(has(result.out, "3.png\n    cannot be read: 4.png takes its place\n"));
}

TEST_CASE("an operation that fails to tell is named; what it tells stays in its line") {
  const Workplace here;
  lay_out(here, 6, {"{ use = \"fail\", how = \"description\" }"});
  Words words = {"augment", "preview", "views.toml", "--images", "2", "--plugin", third_party};
  const auto result = here.run(words);
  CHECK(result.code == 5);
  CHECK(has(result.err, "good_ops.so), 'fail', describe_draw: made to fail"));
  CHECK_FALSE(has(result.err, "second line"));
  CHECK_FALSE(here.exists("preview.png"));
  words.push_back("--quiet");  // nobody is asked
  CHECK(here.run(words).code == 0);

  words.back() = "--set=view=[{ops = [{use = \"fail\", how = \"lines\"}]}]";
  const Words lines = told_lines(here.run(words).out);
  REQUIRE(lines.size() == 2);
  CHECK(has(lines[0],
            "a line\xEF\xBF\xBD"
            "and \xEF\xBF\xBD"
            "[31manother"));
}
