// Which checkpoints a run keeps, and which one it goes on from.
#include "checkpoint/store.hpp"
#include "catch.hpp"
#include "formats/sealed_folder.hpp"
#include "tandem/base/error.hpp"
#include "temporary_folder.hpp"

#include <string_view>

using namespace tandem;
using namespace tandem::checkpoint;

namespace fs = std::filesystem;

namespace {

/// Keeps what it is told.
class Told final : public Log {
 public:
  void write(LogLevel, std::string_view text) override { (lines += text) += "\n"; }
  std::string lines;
};

/// A checkpoint by its files' names alone: nobody reads its tensors here.
void save(const Store& store, std::int64_t step) {
  formats::TrainingState state;
  state.step = step;
  state.steps_per_epoch = 4;
  state.total_steps = 100;
  formats::SealedFolder folder(store.path_of(step), 0);
  for (const char* name : {files::model, files::objective, files::optimizer, files::config})
    folder.write(name, "some bytes");
  folder.write(files::state, formats::to_json_text(state));
  folder.seal();
}

std::vector<std::int64_t> steps_of(const Store& store) {
  std::vector<std::int64_t> steps;
  for (const Entry& entry : store.list()) steps.push_back(entry.step);
  return steps;
}

using Steps = std::vector<std::int64_t>;

constexpr auto none = [](std::int64_t) { return false; };

}  // namespace

TEST_CASE("the newest checkpoints stay, the best one, and those that are kept for good") {
  const TemporaryFolder here;
  const Store store(here / "checkpoints");
  store.prepare();
  for (const std::int64_t step : Steps{1, 2, 8, 9, 10, 100000000, 123456789012}) save(store, step);
  CHECK(steps_of(store) == Steps{1, 2, 8, 9, 10, 100000000, 123456789012});
  store.set_best(2);
  store.set_latest(123456789012);
  CHECK(store.latest() == 123456789012);
  const auto gone = store.prune(2, [](std::int64_t step) { return step % 4 == 0 && step < 100; });
  CHECK(gone.size() == 3);
  CHECK(steps_of(store) == Steps{2, 8, 100000000, 123456789012});
  store.prune(1, none);
  CHECK(steps_of(store) == Steps{2, 123456789012});
  store.clear();
  CHECK_FALSE(fs::exists(here / "checkpoints"));
}

TEST_CASE("what is no checkpoint of the run's own is neither listed nor removed") {
  const TemporaryFolder here;
  const Store store(here / "checkpoints");
  store.prepare();
  save(store, 3);
  fs::create_directories(here / "outside");
  fs::create_directory_symlink(here / "outside", here / "checkpoints/step-00000009");
  fs::create_directories(here / "checkpoints/step-12x");
  write_file(here / "checkpoints/step-00000007", "a file");
  write_file(here / "checkpoints/notes.txt", "mine");
  CHECK(steps_of(store) == Steps{3});
  store.clear();
  CHECK(fs::exists(here / "outside"));
  CHECK(fs::exists(here / "checkpoints/notes.txt"));
  CHECK(fs::exists(here / "checkpoints/step-12x"));
  CHECK_FALSE(fs::exists(here / "checkpoints/step-00000003"));
}

TEST_CASE("a damaged checkpoint is told and set aside, and the one before is used") {
  const TemporaryFolder here;
  const Store store(here / "checkpoints");
  store.prepare();
  CHECK_FALSE(newest_whole(store, null_log()).has_value());
  for (const std::int64_t step : {4, 8, 12}) save(store, step);
  write_file(store.path_of(12) / files::model, "some bytez");
  fs::remove(store.path_of(8) / "COMMIT");
  Told told;
  const auto found = newest_whole(store, told);
  REQUIRE(found.has_value());
  CHECK(found->entry.step == 4);
  CHECK(found->state.step == 4);
  CHECK(told.lines.find("step-00000012/model.safetensors is damaged: its checksum differs") !=
        std::string::npos);
  CHECK(told.lines.find("step-00000008/COMMIT is missing") != std::string::npos);
  CHECK(fs::exists(here / "checkpoints/step-00000012.corrupt/model.safetensors"));
  CHECK(steps_of(store) == Steps{4});

  // A name that says another step is no name.
  fs::rename(store.path_of(4), store.path_of(5));
  CHECK_THROWS_AS(newest_whole(store, told), Error);
  CHECK(steps_of(store) == Steps{5});  // nothing is set aside where nothing would be left
  fs::rename(store.path_of(5), store.path_of(4));

  write_file(store.path_of(4) / files::state, "{}");
  try {
    newest_whole(store, told);
    FAIL("a run went on from a damaged checkpoint");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::checkpoint);
    CHECK(std::string(error.what()).find("step-00000004/state.json is damaged") !=
          std::string::npos);
  }
}

TEST_CASE("a checkpoint under another step's name is none of a store's, and whole by itself") {
  const TemporaryFolder here;
  const Store store(here / "checkpoints");
  store.prepare();
  save(store, 4);
  CHECK(verify_named({4, store.path_of(4)}).step == 4);
  fs::rename(store.path_of(4), store.path_of(9));
  CHECK(verify({0, store.path_of(9)}).step == 4);
  CHECK_THROWS_WITH(verify_named({9, store.path_of(9)}),
                    store.path_of(9).string() + " is of step 4, not of that of its name");
}

TEST_CASE("a state that is larger than any, with a checksum that fits, is refused unread") {
  const TemporaryFolder here;
  const Store store(here / "checkpoints");
  store.prepare();
  formats::SealedFolder folder(store.path_of(1), 0);
  for (const char* name : {files::model, files::objective, files::optimizer, files::config})
    folder.write(name, "some bytes");
  folder.write(files::state, std::string((1 << 20) + 1, ' '));
  folder.seal();
  CHECK_THROWS_WITH(verify({1, store.path_of(1)}),
                    Catch::Contains("state.json: it has 1.0 MiB, and such a file has at most"));
}

TEST_CASE("what kills left in a store is swept away, and nothing of others") {
  const TemporaryFolder here;
  fs::create_directories(here / "home/.x.tmp");
  write_file(here / "home/.notes.tmp", "mine");
  fs::create_directory_symlink(here / "home", here / "checkpoints");
  const Store store(here / "checkpoints");
  const auto leave = [&] {
    fs::create_directories(here / "home/.step-00000003.7-0.tmp/model");
    fs::create_directories(here / "home/.step-00000003.corrupt-2.7-0.tmp");
    fs::create_symlink("step-00000003", here / "home/.best.7-1.tmp");
    write_file(here / "home/.speed.tmp", "1");
    write_file(here / "home/..speed.tmp.7-0.tmp", "1");
  };
  const auto left = [&] { return std::distance(fs::directory_iterator(here / "home"), {}); };
  leave();
  store.prepare();
  CHECK(left() == 2);
  leave();
  store.clear();
  CHECK(left() == 2);
  CHECK(fs::exists(here / "home/.notes.tmp"));
  CHECK(fs::exists(here / "home/.x.tmp"));
}

TEST_CASE("a sealed folder that lacks a file of a checkpoint is none") {
  const TemporaryFolder here;
  const Store store(here / "checkpoints");
  store.prepare();
  formats::SealedFolder folder(store.path_of(1), 0);
  folder.write(files::model, "some bytes");
  folder.seal();
  CHECK_THROWS_AS(verify({1, store.path_of(1)}), Error);
  save(store, 2);
  CHECK(verify({2, store.path_of(2)}).step == 2);
  write_file(store.path_of(2) / files::probe, "put here later");
  CHECK_THROWS_AS(verify({2, store.path_of(2)}), Error);
}
