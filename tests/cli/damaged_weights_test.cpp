// A bit of a run's weights that turned over on the disk: told by whoever reads them.
#include "catch.hpp"
#include "python.hpp"
#include "workplace.hpp"

namespace {

/// The lowest bit of a file's last number: a network that nobody could tell from the run's.
void flip_a_bit(const std::filesystem::path& weights) {
  std::string bytes = read_file(weights);
  char& lowest = bytes.at(bytes.size() - sizeof(float));
  lowest = static_cast<char>(lowest ^ 1);
  write_file(weights, bytes);
}

/// A run that keeps its best epoch too.
void train(const Workplace& here) {
  const auto result = here.run(here.tiny({"--set", "data.synthetic_count=160", "--set",
                                          "eval.holdout=0.25", "--set", "eval.knn_every=1"}));
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
}

/// Commands that read a file of the run's, and would write "out" if anything.
struct Readers {
  const char* file;
  std::vector<Words> commands;
};

const std::vector<Readers> all_readers = {
    {"run/backbone.safetensors",
     {{"eval", "knn", "run"},
      {"eval", "linear", "run", "--epochs", "1"},
      {"embed", "run", "--out", "out.npy"},
      {"export", "run", "--format", "safetensors", "--out", "out"},
      {"export", "run", "--format", "onnx", "--out", "out"},
      {"train", "tiny.toml", "--out", "out", "--init-from", "run"}}},
    {"run/objective.safetensors",
     {{"eval", "knn", "run", "--features", "projector"},
      {"export", "run", "--format", "safetensors", "--part", "encoder+projector", "--out", "out"}}},
    {"run/backbone-best.safetensors", {{"eval", "knn", "run", "--epoch", "best"}}},
};

}  // namespace

TEST_CASE("a flipped bit of a run's weights is told by every command, and nothing is written") {
  const Workplace here;
  train(here);
  for (const auto& [file, commands] : all_readers) {
    flip_a_bit(here / file);
    for (const Words& words : commands) {
      const auto result = here.run(words);
      CAPTURE(words, result.err);
      CHECK(result.code == 6);
      CHECK(result.out.empty());
      CHECK(has(result.err, std::string(file) + ": its data is damaged"));
      CHECK_FALSE(here.exists("out"));
      CHECK_FALSE(here.exists("out.npy"));
    }
    flip_a_bit(here / file);
    const auto whole = here.run(commands.front());
    CAPTURE(whole.err);
    CHECK(whole.code == 0);
  }
}

TEST_CASE("features of embed whose bit was flipped are told") {
  const Workplace here;
  train(here);
  const Words knn = {"eval", "knn", "bank.safetensors", "--holdout", "0.2"};
  REQUIRE(here.run({"embed", "run", "--out", "bank.safetensors"}).code == 0);
  CHECK(here.run(knn).code == 0);
  flip_a_bit(here / "bank.safetensors");
  const auto result = here.run(knn);
  CHECK(result.code == 6);
  CHECK(has(result.err, "bank.safetensors: its data is damaged"));
}

TEST_CASE("each file of weights has the checksum that Python computes") {
  const Workplace here;
  train(here);
  REQUIRE(here.run({"export", "run", "--format", "safetensors", "--out", "out"}).code == 0);
  std::string words = TANDEM_TEST_DIR "/host/formats/safetensors_checksum.py";
  int files = 1;
  for (const auto& [file, commands] : all_readers) {
    words += " '" + (here / file).string() + "'";
    ++files;
  }
  const Said said = python(words + " '" + (here / "out").string() + "'");
  CAPTURE(said.text);
  CHECK(said.code == 0);
  CHECK(count(said.text, "\n") == files);
}
