// Folders that appear whole, and what is noticed when they no longer are what was written.
#include "formats/sealed_folder.hpp"
#include "formats/crc32c.hpp"
#include "formats/training_state.hpp"
#include "tandem/base/error.hpp"

#include "catch.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"

#include <random>

using namespace tandem::formats;
using tandem::ErrorKind;

namespace fs = std::filesystem;

namespace {

std::string noise(std::size_t bytes, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

/// A folder of three files, as a checkpoint is one.
void seal(const fs::path& path) {
  SealedFolder folder(path, 0);
  folder.write("model", noise(3000, 1));
  folder.write("state.json", "{\"step\": 3}\n");
  folder.write("empty", "");
  folder.seal();
}

}  // namespace

TEST_CASE("a sealed folder holds what was written, and says so") {
  const TemporaryFolder here;
  const auto path = here.path() / "one";
  seal(path);
  const auto files = verify_folder(path);
  REQUIRE(files.size() == 3);
  CHECK(files[0].name == "model");
  CHECK(files[0].sum.bytes == 3000);
  CHECK(files[0].sum.crc32c == crc32c(noise(3000, 1)));
  // Its text, by hand: the checksum of the last line is that of the lines above.
  const std::string lines = "tandem checkpoint 1\n0 00000000 a\n";
  char sum[9];
  std::snprintf(sum, sizeof sum, "%08x", crc32c(lines));
  CHECK(commit_text({{"a", {0, 0}}}) == lines + "end " + sum + "\n");
}

TEST_CASE("a folder that is not sealed leaves nothing behind") {
  const TemporaryFolder here;
  {
    SealedFolder folder(here.path() / "one", 0);
    folder.write("model", "abc");
  }
  CHECK(fs::is_empty(here.path()));
}

TEST_CASE("every bit of a sealed folder counts") {
  const TemporaryFolder here;
  const auto path = here.path() / "one";
  seal(path);
  std::size_t flips = 0, noticed = 0;
  for (const char* name : {"model", "state.json", "COMMIT"}) {
    const std::string whole = read_file(path / name);
    for (std::size_t bit = 0; bit < 8 * whole.size(); bit += name[0] == 'm' ? 2 : 1) {
      std::string changed = whole;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
      ::write_file(path / name, changed);
      ++flips;
      noticed += refusal(ErrorKind::checkpoint, [&] { verify_folder(path); }).empty() ? 0 : 1;
    }
    ::write_file(path / name, whole);
  }
  CHECK(flips > 12000);
  CHECK(noticed == flips);
  CHECK(verify_folder(path).size() == 3);
}

TEST_CASE("a file that is cut off, longer, gone or a link is told by name") {
  const TemporaryFolder here;
  const auto path = here.path() / "one";
  seal(path);
  const std::string whole = read_file(path / "model");
  const auto told = [&] { return refusal(ErrorKind::checkpoint, [&] { verify_folder(path); }); };
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    ::write_file(path / "model", whole.substr(0, size));
    CHECK(told() == (path / "model").string() + " is damaged: it is not 3000 bytes long");
  }
  ::write_file(path / "model", whole + "x");
  CHECK_FALSE(told().empty());
  fs::remove(path / "model");
  CHECK(told() == (path / "model").string() + " is missing");
  ::write_file(here.path() / "elsewhere", whole);
  fs::create_symlink(here.path() / "elsewhere", path / "model");
  CHECK(told() == (path / "model").string() + " is missing");
  const std::string commit = read_file(path / "COMMIT");
  for (std::size_t size = 0; size < commit.size(); ++size) {
    ::write_file(path / "COMMIT", commit.substr(0, size));
    CHECK(told() == (path / "COMMIT").string() + " is damaged");
  }
}

TEST_CASE("a COMMIT whose names leave the folder is refused, whatever its checksum") {
  for (const char* name : {"../model", "/etc/passwd", "a/b", ".", "..", ""}) {
    const std::string lines = std::string("tandem checkpoint 1\n3 00000000 ") + name + "\n";
    char sum[9];
    std::snprintf(sum, sizeof sum, "%08x", crc32c(lines));
    CHECK(refusal(ErrorKind::checkpoint, [&] {
            parse_commit(lines + "end " + sum + "\n", "COMMIT");
          }) == "COMMIT is damaged");
  }
}

TEST_CASE("links are replaced at once, a folder in their place too; a copy is a file of its own") {
  const TemporaryFolder here;
  replace_link(here.path() / "latest", "step-1");
  replace_link(here.path() / "latest", "step-2");
  CHECK(fs::read_symlink(here.path() / "latest") == "step-2");
  fs::remove(here.path() / "latest");
  fs::create_directories(here.path() / "latest/model");
  replace_link(here.path() / "latest", "step-3");
  CHECK(fs::read_symlink(here.path() / "latest") == "step-3");
  ::write_file(here.path() / "a", "first");
  ::write_file(here.path() / "b", "second");
  tandem::formats::copy_file(here.path() / "a", here.path() / "name");
  CHECK(read_file(here.path() / "name") == "first");
  tandem::formats::copy_file(here.path() / "b", here.path() / "name");
  CHECK(read_file(here.path() / "name") == "second");
  ::write_file(here.path() / "name", "third");
  CHECK(read_file(here.path() / "b") == "second");
  CHECK(read_file(here.path() / "a") == "first");
  remove_leftovers(here.path(), [](const std::string&) { return true; });
  std::size_t names = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(here.path())) ++names;
  CHECK(names == 4);
}

TEST_CASE("leftovers go that have a name of ours and a process's number, and nothing else") {
  const TemporaryFolder here;
  const std::vector<std::string> left = {".latest.12-0.tmp", ".a.b.12-3.tmp",
                                         "..speed.tmp.1-2.tmp"};
  const std::vector<std::string> others = {
      ".notes.tmp",      ".tmp",           "latest.12-0.tmp", ".latest.12.tmp",
      ".latest.12-.tmp", ".latest.-1.tmp", ".latest.x-1.tmp", ".latest.1-2",
      ".other.12-0.tmp", ".12-0.tmp"};
  for (const auto& name : left) ::write_file(here.path() / name, "1");
  for (const auto& name : others) ::write_file(here.path() / name, "1");
  fs::create_directories(here.path() / ".x.tmp");
  fs::create_directories(here.path() / ".latest.12-1.tmp/model");
  remove_leftovers(here.path(), [](const std::string& name) {
    return name == "latest" || name == "a.b" || name == ".speed.tmp";
  });
  for (const auto& name : left) CHECK_FALSE(fs::exists(here.path() / name));
  for (const auto& name : others) CHECK(fs::exists(here.path() / name));
  CHECK(fs::exists(here.path() / ".x.tmp"));
  CHECK_FALSE(fs::exists(here.path() / ".latest.12-1.tmp"));
}

TEST_CASE("a folder is removed without following its links") {
  const TemporaryFolder here;
  fs::create_directories(here.path() / "outside");
  ::write_file(here.path() / "outside/kept", "1");
  fs::create_directories(here.path() / "step-1");
  fs::create_directory_symlink(here.path() / "outside", here.path() / "step-1/link");
  remove_folder(here.path() / "step-1");
  CHECK_FALSE(fs::exists(here.path() / "step-1"));
  CHECK(fs::exists(here.path() / "outside/kept"));
}

TEST_CASE("the state of a training is read as it was written") {
  TrainingState state;
  state.step = 900719925474099;
  state.images = 9007199254740993;  // no double
  state.steps_per_epoch = 4;
  state.total_steps = 8;
  state.best_top1 = 83.25;
  state.seconds = 0.1;
  state.metrics_bytes = 18446744073709551615ULL;
  state.plugins = {{"byol", "abc"}};
  state.data = "a \"quoted\" name\n";
  const auto again = parse_training_state(to_json_text(state), "state.json");
  CHECK(to_json_text(again) == to_json_text(state));
  CHECK(again.images == state.images);
  CHECK(again.metrics_bytes == state.metrics_bytes);
  CHECK(again.data == state.data);
}

TEST_CASE("a state that is none is told by its key") {
  TrainingState state;
  state.steps_per_epoch = state.total_steps = 1;
  const std::string text = to_json_text(state);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    const auto at = changed.find(from);
    REQUIRE(at != std::string::npos);
    changed.replace(at, from.size(), to);
    return refusal(ErrorKind::checkpoint, [&] { parse_training_state(changed, "state.json"); });
  };
  CHECK(with("\"step\": 0", "\"step\": 1.5") == "state.json is damaged: 'step' is no whole number");
  CHECK(with("\"step\": 0", "\"step\": -2") == "state.json is damaged: 'step' is negative");
  CHECK(with("\"step\": 0", "\"step\": 18446744073709551615") ==
        "state.json is damaged: 'step' is too large");
  CHECK(with("\"images\"", "\"pictures\"") == "state.json is damaged: 'images' is missing");
  CHECK(with("\"seconds\": 0.0", "\"seconds\": \"0\"") ==
        "state.json is damaged: 'seconds' is no number");
  CHECK(with("\"metrics_bytes\": 0", "\"metrics_bytes\": -1") ==
        "state.json is damaged: 'metrics_bytes' is no whole number");
  CHECK(with("\"plugins\": {}", "\"plugins\": {\"a\": 1}") ==
        "state.json is damaged: 'plugins' holds something else than texts");
  CHECK_FALSE(with("\"steps_per_epoch\": 1", "\"steps_per_epoch\": 0").empty());
  CHECK_FALSE(refusal(ErrorKind::checkpoint, [] { parse_training_state("[1", "x"); }).empty());
}
