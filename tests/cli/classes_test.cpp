// Classes of two data sets are matched by name, whatever numbers each gives them.
#include "catch.hpp"
#include "workplace.hpp"

namespace {

/// Pixels that no other picture has.
void write_picture(const std::filesystem::path& path, int number) {
  std::filesystem::create_directories(path.parent_path());
  std::string bytes = "P6 16 16 255\n";
  unsigned state = static_cast<unsigned>(number) * 2654435761U + 1;
  for (int i = 0; i < 16 * 16 * 3; ++i) {
    state = state * 1664525U + 1013904223U;
    bytes += static_cast<char>(state >> 24);
  }
  write_file(path, bytes);
}

/// Six pictures of a class, in folders of years, so that a class is no picture's own folder.
void fill(const std::filesystem::path& folder, int first, const std::string& year) {
  for (int i = 0; i < 6; ++i)
    write_picture(folder / year / (std::to_string(i) + ".ppm"), first + i);
}

/// A run on the classes ant, bee and cow, all of whose pictures were trained on.
void train(const Workplace& here, const std::string& data) {
  const auto result =
      here.run({"train", "tiny.toml", "--data", data, "--out", "run", "--overwrite", "--set",
                "data.source=\"auto\"", "--set", "eval.knn_every=\"never\""});
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
}

/// What the nearest of the training pictures says of these very pictures.
double top1(const Workplace& here, const Words& words) {
  Words all = {"eval", "knn"};
  all.insert(all.end(), words.begin(), words.end());
  for (const char* word : {"--k", "1", "--json"}) all.emplace_back(word);
  const auto result = here.run(all);
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  return Json::parse(result.out).at("knn_top1");
}

void write_animals(const Workplace& here) {
  fill(here / "pictures/ant", 0, "2019");
  fill(here / "pictures/bee", 10, "2019");
  fill(here / "pictures/cow", 20, "2020");
  // The same pictures; without its first class a set numbers the others from 0.
  fill(here / "asked/bee", 10, "2021");
  fill(here / "asked/cow", 20, "2019");
}

}  // namespace

TEST_CASE("classes of folders are matched by name: fewer, in a run, in files of features") {
  const Workplace here;
  write_animals(here);
  train(here, "pictures");
  CHECK(top1(here, {"run", "--raw", "--queries", "asked"}) == 100);
  for (const std::string set : {"pictures", "asked"}) {
    const auto result = here.run({"embed", "run", "--data", set, "--out", set + ".safetensors"});
    CAPTURE(result.err);
    REQUIRE(result.code == 0);
  }
  CHECK(top1(here, {"pictures.safetensors", "--queries", "asked.safetensors"}) == 100);
  const auto each = here.run({"eval", "knn", "run", "--raw", "--queries", "asked", "--per-class"});
  CHECK(has(each.out, "1 bee"));
  CHECK(has(each.out, "2 cow"));
}

TEST_CASE("classes of lists are matched by name, and by number where they are numbers") {
  const Workplace here;
  write_animals(here);
  std::string all, some, numbers;
  int label = 0;
  for (const std::string name : {"pictures/ant/2019", "pictures/bee/2019", "pictures/cow/2020"}) {
    for (int i = 0; i < 6; ++i) {
      const std::string file = name + "/" + std::to_string(i) + ".ppm";
      const std::string line = file + "," + name.substr(9, 3) + "\n";
      all += line;
      if (label > 0) some += line, numbers += file + "," + std::to_string(label) + "\n";
    }
    ++label;
  }
  write_file(here / "all.csv", all);
  write_file(here / "some.csv", some);
  write_file(here / "numbers.csv", numbers);
  train(here, "all.csv");
  CHECK(top1(here, {"run", "--raw", "--queries", "some.csv"}) == 100);
  CHECK(top1(here, {"run", "--raw", "--queries", "numbers.csv"}) == 100);
}

TEST_CASE("a class that no training picture has is told, before anything is trained") {
  const Workplace here;
  write_animals(here);
  fill(here / "asked/bees", 30, "2019");
  train(here, "pictures");
  const auto result = here.run({"eval", "knn", "run", "--queries", "asked"});
  CHECK(result.code == 4);
  CHECK(has(result.err, "class 'bees' of the queries is none of the training pictures'"));
  CHECK(has(result.err, "which have 'bee'"));
  const auto named =
      here.run({"train", "tiny.toml", "--data", "pictures", "--set", "data.source=\"auto\"",
                "--set", "eval.path=asked", "--out", "named"});
  CHECK(named.code == 4);
  CHECK(has(named.err, "class 'bees'"));
  CHECK_FALSE(here.exists("named"));
}

TEST_CASE("eval.path without labelled training pictures is told to be of no use") {
  const Workplace here;
  write_animals(here);
  fill(here / "flat", 40, "2019");
  const auto result =
      here.run({"train", "tiny.toml", "--data", "flat/2019", "--set", "data.source=\"auto\"",
                "--set", "train.batch_size=4", "--set", "eval.path=asked", "--out", "run"});
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(has(result.err, "eval.path is not used: the training pictures have no labels"));
}
