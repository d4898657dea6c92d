// tandem embed: features to files, and what interrupts it.
#include "catch.hpp"
#include "workplace.hpp"

#include <cstdlib>

namespace {

/// A run, and pictures of which three batches of 256 are needed.
struct Trained {
  Trained() { REQUIRE(here.run(here.tiny()).code == 0); }

  Words embed(const std::string& out, const Words& more = {}) const {
    Words words = {"embed", "run", "--out", out, "--set", "data.synthetic_count=600"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  Workplace here;
};

/// Runs Python with the packages that read what Tandem writes, in the workplace.
void python(const Workplace& here, const std::string& script) {
  write_file(here / "check.py", script);
  const std::string command =
      "cd '" + (here / "").string() + "' && " TANDEM_READERS " check.py 2>&1";
  CHECK(std::system(command.c_str()) == 0);
}

}  // namespace

TEST_CASE("features in all three formats are the same, and others read them") {
  const Trained trained;
  const auto& here = trained.here;
  const auto first = here.run(trained.embed("f.safetensors", {"--json"}));
  CAPTURE(first.err);
  REQUIRE(first.code == 0);
  const auto summary = Json::parse(first.out);
  CHECK(summary.at("pictures") == 600);
  CHECK(summary.at("labelled") == true);
  CHECK(summary.at("resumed") == 0);
  CHECK(has(summary.at("protocol"), "resnet10"));
  REQUIRE(here.run(trained.embed("f.npy")).code == 0);
  REQUIRE(here.run(trained.embed("f.csv")).code == 0);
  CHECK(!here.exists("f.npy.partial"));
  CHECK(count(read_file(here / "f.csv"), "\n") == 601);
  CHECK(read_file(here / "f.npy.files.txt") == read_file(here / "f.safetensors.files.txt"));
  python(here, R"(
import csv
import numpy as np
from safetensors import safe_open
with safe_open("f.safetensors", "np") as file:
    features, labels = file.get_tensor("features"), file.get_tensor("labels")
    assert file.metadata()["epochs"] == "2.0", file.metadata()
assert features.dtype == np.float32 and features.shape[0] == 600 and len(labels) == 600
assert set(labels) == {0, 1, 2, 3} and np.abs(features).sum(1).min() > 0
assert np.array_equal(np.load("f.npy"), features)
names = open("f.npy.files.txt").read().splitlines()
rows = list(csv.reader(open("f.csv")))
assert rows[0][:3] == ["name", "label", "f0"] and len(rows) == 601
assert [row[0] for row in rows[1:]] == names and len(set(names)) == 600
assert [int(row[1]) for row in rows[1:]] == labels.tolist()
assert np.array_equal(np.array([row[2:] for row in rows[1:]], np.float32), features)
)");

  // The file of weights alone gives the same, without the run's folder.
  std::filesystem::copy_file(here / "run/backbone.safetensors", here / "alone.safetensors");
  std::filesystem::remove_all(here / "run");
  const auto alone = here.run({"embed", "alone.safetensors", "--out", "g.npy", "--set",
                               "data.source=\"synthetic\"", "--set", "data.synthetic_count=600",
                               "--set", "data.synthetic_size=16", "--set",
                               "data.synthetic_classes=4", "--set", "run.threads=1"});
  CAPTURE(alone.err);
  REQUIRE(alone.code == 0);
  CHECK(read_file(here / "g.npy") == read_file(here / "f.npy"));
}

TEST_CASE("an interrupted embed goes on where it stopped, to the same bytes") {
  const Trained trained;
  const auto& here = trained.here;
  REQUIRE(here.run(trained.embed("whole.safetensors")).code == 0);

  // The partial file holds its first batch of 8 floats a picture and half of its second one.
  const auto width = safetensors_header(here / "whole.safetensors").at("features").at("shape")[1];
  auto call = here.call(trained.embed("cut.safetensors"));
  call.file_size = 384L * 4 * width.get<long>();
  const auto cut = program::run(call);
  CHECK(cut.code == 8);
  CHECK(has(cut.err, "cut.safetensors.partial"));
  CHECK(!here.exists("cut.safetensors"));
  REQUIRE(here.exists("cut.safetensors.partial"));

  // Of other pictures, it is left alone.
  const auto partial = read_file(here / "cut.safetensors.partial");
  const auto other =
      here.run(trained.embed("cut.safetensors", {"--set", "data.synthetic_size=24"}));
  CHECK(other.code == 2);
  CHECK(has(other.err, "was begun with other weights, pictures or settings"));
  CHECK(read_file(here / "cut.safetensors.partial") == partial);

  const auto rest = here.run(trained.embed("cut.safetensors", {"--json"}));
  CAPTURE(rest.err);
  REQUIRE(rest.code == 0);
  CHECK(Json::parse(rest.out).at("resumed") == 256);
  CHECK(read_file(here / "cut.safetensors") == read_file(here / "whole.safetensors"));
  CHECK(read_file(here / "cut.safetensors.files.txt") ==
        read_file(here / "whole.safetensors.files.txt"));
  CHECK(!here.exists("cut.safetensors.partial"));

  const auto again = here.run(trained.embed("cut.safetensors"));
  CHECK(again.code == 2);
  CHECK(has(again.err, "--overwrite"));
  CHECK(here.run(trained.embed("cut.safetensors", {"--overwrite"})).code == 0);
  CHECK(read_file(here / "cut.safetensors") == read_file(here / "whole.safetensors"));
}

TEST_CASE("pictures that cannot be read keep their row, up to data.max_bad") {
  const Trained trained;
  const auto& here = trained.here;
  std::filesystem::create_directories(here / "photos/cat");
  std::filesystem::create_directories(here / "photos/dog");
  const std::string picture = "P5 16 16 255\n" + std::string(256, 'x');
  for (const char* name : {"cat/1.pgm", "cat/2.pgm", "dog/1.pgm"})
    write_file(here / "photos" / name, picture);
  write_file(here / "photos/dog/0.pgm", "P5 16 16 255\nshort");
  const Words words = {"embed", "run", "--data", "photos", "--out", "f.csv"};
  const auto many = here.run(words);
  CHECK(many.code == 4);
  CHECK(has(many.err, "dog/0.pgm"));
  CHECK(has(many.err, "data.max_bad"));
  CHECK(!here.exists("f.csv"));

  auto allowed = words;
  allowed.insert(allowed.end(), {"--set", "data.max_bad=0.5", "--json"});
  const auto some = here.run(allowed);
  CAPTURE(some.err);
  REQUIRE(some.code == 0);
  CHECK(has(some.err, "dog/0.pgm"));
  CHECK(Json::parse(some.out).at("unreadable") == Json{"dog/0.pgm"});
  const auto table = read_file(here / "f.csv");
  CHECK(has(table, "\ncat/1.pgm,0,"));
  CHECK(has(table, "\ndog/0.pgm,-1,0,0,"));
  CHECK(has(table, "\ndog/1.pgm,1,"));
}

TEST_CASE("what cannot be embedded is told") {
  const Trained trained;
  const auto& here = trained.here;
  CHECK(here.run({"embed", "run"}).code == 2);
  CHECK(here.run({"embed", "--out", "f.npy"}).code == 2);
  const auto format = here.run({"embed", "run", "--out", "f.txt"});
  CHECK(format.code == 2);
  CHECK(has(format.err, "FILE.safetensors, FILE.npy or FILE.csv"));
  CHECK(here.run({"embed", "nowhere", "--out", "f.npy"}).code == 2);
  CHECK(here.run({"embed", "run", "--data", "nowhere", "--out", "f.npy"}).code == 4);
  const auto foreign = here.run({"embed", "run/objective.safetensors", "--out", "f.npy"});
  CHECK(foreign.code == 6);
  CHECK(has(foreign.err, "says what network it is"));
  CHECK(here.run({"embed", "run/backbone.safetensors", "--out", "f.npy"}).code == 3);
}
