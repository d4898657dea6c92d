// Pictures that are missing, damaged, or too few.
#include "catch.hpp"
#include "workplace.hpp"

#include <opencv2/imgcodecs.hpp>

namespace {

/// A picture of its own for each number.
std::string jpeg(int number) {
  cv::Mat picture(24, 24, CV_8UC3);
  for (int y = 0; y < picture.rows; ++y) {
    for (int x = 0; x < picture.cols; ++x) {
      const auto value = static_cast<unsigned char>((x * (number + 3) + y * y * 7) % 256);
      picture.at<cv::Vec3b>(y, x) = {value, static_cast<unsigned char>(8 * x), 90};
    }
  }
  std::vector<unsigned char> bytes;
  cv::imencode(".jpg", picture, bytes);
  return {bytes.begin(), bytes.end()};
}

/// `pictures/`: 40 JPEGs in two classes, of which the first `damaged` are cut off, by turns in
/// their headers and in what follows them.
void write_pictures(const Workplace& here, int damaged) {
  for (int i = 0; i < 40; ++i) {
    const bool even = i % 2 == 0;
    std::string bytes = jpeg(i);
    if (i < damaged) bytes.resize(even ? bytes.size() / 4 : bytes.size() * 4 / 5);
    const auto folder = here / (even ? "pictures/even" : "pictures/odd");
    std::filesystem::create_directories(folder);
    write_file(folder / (std::to_string(10 + i) + ".jpg"), bytes);
  }
}

std::string idx_header(int pictures, int side) {
  std::string bytes = {0, 0, 8, 3};
  for (const int size : {pictures, side, side}) bytes += {0, 0, 0, static_cast<char>(size)};
  return bytes;
}

/// Trains on files instead of `tiny.toml`'s synthetic pictures.
Result train(const Workplace& here, const std::string& data,
             const std::string& setting = "run.seed=0") {
  return here.run(here.tiny({"--data", data, "--set", "data.source=\"auto\"", "--set", setting}));
}

void check_refused(const Workplace& here, const Result& result, const Words& parts) {
  CAPTURE(result.err);
  CHECK(result.code == 4);
  CHECK(result.out.empty());
  CHECK(count(result.err, "error:") == 1);
  for (const auto& part : parts) {
    CAPTURE(part);
    CHECK(has(result.err, part));
  }
  CHECK_FALSE(here.exists("run"));
}

}  // namespace

TEST_CASE("data that is missing, empty, or of no known kind is named") {
  const Workplace here;
  std::filesystem::create_directories(here / "empty");
  std::filesystem::create_directories(here / "letters/below");
  write_file(here / "letters/below/a.json", "no picture");
  check_refused(here, train(here, "nowhere"), {"nowhere", "no such file or folder", "--data"});
  check_refused(here, train(here, "empty"), {"empty", "is empty"});
  check_refused(here, train(here, "letters"),
                {"letters", "holds no picture", ".jpg", "1 other file"});
  check_refused(here, train(here, "letters/below/a.json"), {"a.json", "not a data set"});
}

TEST_CASE("an IDX file that is cut off is named with what was expected and found") {
  const Workplace here;
  const std::string header = idx_header(16, 8);
  write_file(here / "train-images-idx3-ubyte", header + std::string(16 * 64 - 1, 'x'));
  check_refused(here, train(here, "train-images-idx3-ubyte"),
                {"train-images-idx3-ubyte", "1024", "1023"});
  write_file(here / "train-images-idx3-ubyte", header.substr(0, 7));
  check_refused(here, train(here, "train-images-idx3-ubyte"), {"cut off", "16 bytes, found 7"});
  write_file(here / "train-images-idx3-ubyte", header + std::string(16 * 64, 'x'));
  CHECK(train(here, "train-images-idx3-ubyte").code == 0);
}

TEST_CASE("a cut off JPEG among many is told once, and the run goes on") {
  const Workplace here;
  write_pictures(here, 2);
  const auto result =
      here.run(here.tiny({"--data", "pictures", "--set", "data.source=\"auto\"", "--set",
                          "data.max_bad=0.05", "--set", "eval.knn_every=\"never\""}));
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(count(result.err, "warning: ") == 2);
  CHECK(has(result.err, "warning: pictures/even/10.jpg: "));
  CHECK(has(result.err, "warning: pictures/odd/11.jpg: "));
  CHECK(events(here / "run", "end").at(0).at("reason") == "finished");
}

TEST_CASE("of a damaged picture Tandem speaks alone, whatever the library that decodes it prints") {
  const Workplace here;
  std::filesystem::create_directories(here / "pictures");
  for (const char* kind : {".bmp", ".tiff", ".webp"}) {
    std::vector<unsigned char> bytes;
    cv::imencode(kind, cv::Mat(24, 24, CV_8UC3, cv::Scalar(90, 160, 30)), bytes);
    for (const std::size_t kept : {bytes.size() / 2, bytes.size() - 9, std::size_t{30}}) {
      write_file(here / ("pictures/" + std::to_string(kept) + kind),
                 {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(kept)});
    }
  }
  const auto result = here.run({"data", "check", "pictures", "--set", "data.max_bad=1"});
  CHECK(has(result.out, "9 unreadable"));
  CAPTURE(result.err);
  CHECK(count(result.err, "\n") == 1);
  CHECK(has(result.err, "error: 9 of 9 pictures"));
}

TEST_CASE("more damaged pictures than data.max_bad allows stop the run, which leaves nothing") {
  const Workplace here;
  write_pictures(here, 1);
  check_refused(here, train(here, "pictures", "eval.knn_every=\"never\""),
                {"1 of 40 pictures", "data.max_bad = 0.01", "pictures/even/10.jpg"});
  write_pictures(here, 40);
  check_refused(here, train(here, "pictures"), {"none of 25 pictures can be read", ".jpg: "});
}

TEST_CASE("a batch larger than the data is refused with both numbers") {
  const Workplace here;
  check_refused(here, here.run(here.tiny({"--set", "train.batch_size=100"})),
                {"train.batch_size is 100", "36 pictures"});
}
