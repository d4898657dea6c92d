// What a resume accepts, refuses and tells.
#include "catch.hpp"
#include "resuming.hpp"

#include <csignal>
#include <regex>

namespace {

/// A run that was killed when its first epoch had been saved: step 4 of 8.
struct Stopped {
  Workplace here;
  std::filesystem::path run = here / "run";

  explicit Stopped(const Words& more = {}) {
    Words words = here.tiny({"--set", "checkpoint.every_steps=4"});
    words.insert(words.end(), more.begin(), more.end());
    REQUIRE(here.run(words, fault("kill", "step-00000008", 1)).code == -9);
  }
  Result resume(const Words& more = {}) const {
    Words words = {"train", "run", "--resume"};
    words.insert(words.end(), more.begin(), more.end());
    return here.run(words);
  }
};

}  // namespace

TEST_CASE("a run goes on by its folder's name alone, and then there is nothing to go on with") {
  const Stopped stopped;
  CHECK(stopped.here.exists("run/backbone.safetensors"));  // usable, as it was
  CHECK(stopped.here.run({"eval", "knn", "run"}).code == 0);
  const auto result = stopped.resume();
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(has(result.err, "goes on after step 4 of 8"));
  CHECK(has(result.out, "knn_top1"));
  const auto manifest = Json::parse(read_file(stopped.run / "manifest.json"));
  REQUIRE(manifest.at("resumed").size() == 1);
  CHECK(manifest.at("resumed")[0].at("step") == 4);
  CHECK(events(stopped.run, "end").size() == 1);
  CHECK(events(stopped.run, "start").size() == 2);

  const auto files = files_of(stopped.run);
  const auto again = stopped.resume();
  CHECK(again.code == 0);
  CHECK(has(again.err, "is finished"));
  CHECK(has(again.out, "knn_top1"));
  CHECK((files_of(stopped.run) == files));
}

TEST_CASE("a folder that was moved goes on where it is, with pictures that were moved too") {
  const Stopped stopped;
  std::filesystem::rename(stopped.run, stopped.here / "moved");
  const auto result = stopped.here.run({"train", "--resume", "--out", "moved"});
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK_FALSE(stopped.here.exists("run"));
  CHECK(has(read_file(stopped.here / "moved/config.toml"), "out = \"moved\"\n"));
}

TEST_CASE("what would be another training is refused with every difference, or allowed by name") {
  const Stopped stopped;
  std::filesystem::remove(stopped.run / ".lock");  // which the kill left
  const auto files = files_of(stopped.run);
  const Words changed = {"--set", "optimizer.lr=0.5", "--set", "train.epochs=3",
                         "--set", "data.workers=0"};
  const auto refused = stopped.resume(changed);
  CHECK(refused.code == 3);
  CHECK(has(refused.err, "optimizer.lr was 0.02, now 0.5; --allow-change optimizer.lr"));
  CHECK(has(refused.err, "train.epochs was 2, now 3; --allow-change train.epochs"));
  CHECK_FALSE(has(refused.err, "workers"));
  CHECK((files_of(stopped.run) == files));

  Words allowed = changed;
  allowed.insert(allowed.end(), {"--allow-change", "optimizer.lr", "--allow-change", "train.epochs",
                                 "--allow-change", "run.seed"});
  const auto result = stopped.resume(allowed);
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(has(result.err, "--allow-change run.seed allows nothing"));
  CHECK(events(stopped.run, "step").back().at("step") == 12);
  const auto manifest = Json::parse(read_file(stopped.run / "manifest.json"));
  CHECK(manifest.at("resumed")[0].at("allowed_changes").size() == 3);
}

TEST_CASE("other pictures are refused") {
  const Stopped stopped;
  const auto result = stopped.resume(
      {"--set", "data.synthetic_count=44", "--allow-change", "data.synthetic_count"});
  CHECK(result.code == 3);
  CHECK(has(result.err, "are not those it was trained on; --allow-change data"));
}

TEST_CASE("where another part of the pictures is held out that is the reason") {
  const Stopped stopped({"--set", "eval.holdout=0.15"});
  const auto never = stopped.resume({"--set", "eval.knn_every=\"never\""});
  CHECK(never.code == 3);
  CHECK(has(never.err, "15 % of them were held out to evaluate with, now 0 %"));
  CHECK(has(never.err, "eval.knn_every is not \"never\": give these as they were"));
  CHECK(stopped.resume({"--set", "eval.knn_every=1"}).code == 0);
}

TEST_CASE("another number of threads is told, and the run goes on") {
  const Stopped stopped;
  const auto result = stopped.resume({"--set", "run.threads=2"});
  CHECK(result.code == 0);
  CHECK(has(result.err, "threads was 1, now 2"));
}

TEST_CASE("a damaged checkpoint is set aside, and the run goes on from the one before") {
  const Workplace here;
  const Words words = here.tiny({"--set", "checkpoint.every_steps=2"});
  REQUIRE(here.run(here.tiny({"--out", "whole"})).code == 0);
  REQUIRE(here.run(words, fault("kill", "step-00000008", 1)).code == -9);
  const auto model = here / "run/checkpoints/step-00000006/model.safetensors";
  std::string bytes = read_file(model);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_file(model, bytes);
  const auto result = here.run({"train", "run", "--resume"});
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(has(result.err, "step-00000006/model.safetensors is damaged: its checksum differs"));
  CHECK(has(result.err, "goes on after step 4 of 8"));
  CHECK(here.exists("run/checkpoints/step-00000006.corrupt/COMMIT"));
  check_same(ended(here / "whole"), ended(here / "run"));
}

TEST_CASE("where no checkpoint is whole nothing is trained over") {
  const Stopped stopped;
  write_file(stopped.run / "checkpoints/step-00000004/state.json", "{}");
  const auto result = stopped.resume();
  CHECK(result.code == 6);
  CHECK(has(result.err, "state.json"));
  CHECK(has(result.err, "--overwrite"));
  CHECK(stopped.here.exists("run/backbone.safetensors"));
}

TEST_CASE("a resume of nothing begins, where a configuration says what") {
  const Workplace here;
  auto words = here.tiny();
  words.push_back("--resume");
  CHECK(here.run(words).code == 0);
  const auto none = here.run({"train", "--resume"});
  CHECK(none.code == 2);
  CHECK(has(none.err, "--resume needs the run's folder"));
  std::filesystem::create_directories(here / "other");
  write_file(here / "other/notes.txt", "mine");
  const auto no_run = here.run(here.tiny({"--out", "other", "--resume"}));
  CHECK(no_run.code == 2);
  CHECK(has(no_run.err, "holds no run to resume"));
}

TEST_CASE("options that contradict a resume are refused") {
  const Workplace here;
  for (const Words& more : std::vector<Words>{{"--resume", "--overwrite"},
                                              {"--resume", "--dry-run"},
                                              {"--replay", "x", "--ranks", "2"},
                                              {"--allow-change", "run.seed"}}) {
    const auto result = here.run(here.tiny(more));
    CAPTURE(result.err);
    CHECK(result.code == 2);
    CHECK_FALSE(here.exists("run"));
  }
}

TEST_CASE("a run is overwritten with its checkpoints") {
  const Stopped stopped;
  auto words = stopped.here.tiny({"--overwrite", "--set", "train.max_steps=2"});
  CHECK(stopped.here.run(words).code == 0);
  CHECK_FALSE(stopped.here.exists("run/checkpoints/step-00000004"));
  CHECK(stopped.here.exists("run/checkpoints/step-00000002"));
}

TEST_CASE("checkpoints are listed, told, verified and pruned") {
  const Workplace here;
  REQUIRE(here.run(here.tiny({"--set", "checkpoint.every_steps=2", "--set", "checkpoint.keep=9",
                              "--set", "eval.knn_every=1"}))
              .code == 0);
  const auto list = Json::parse(here.run({"ckpt", "ls", "run", "--json"}).out);
  REQUIRE(list.size() == 4);
  CHECK(list[3].at("step") == 8);
  CHECK(list[3].at("latest") == true);
  CHECK(list[1].at("epoch") == 1);
  int best = 0;
  for (const auto& item : list) best += item.at("best") == true ? 1 : 0;
  CHECK(best == 1);
  CHECK(has(here.run({"ckpt", "ls", "run"}).out, "latest"));

  const auto info = here.run({"ckpt", "info", "run"});
  CHECK(has(info.out, "step 8 of 8, epoch 2.00"));
  CHECK(has(info.out, "plugin barlow_twins, SHA-256 "));
  CHECK(Json::parse(here.run({"ckpt", "info", "run/checkpoints/step-00000002", "--json"}).out)
            .at("step") == 2);

  CHECK(here.run({"ckpt", "verify", "run"}).code == 0);
  const auto file = here / "run/checkpoints/step-00000002/optimizer.safetensors";
  write_file(file, read_file(file) + " ");
  const auto damaged = here.run({"ckpt", "verify", "run"});
  CHECK(damaged.code == 6);
  CHECK(has(damaged.out, "step-00000002: damaged: "));
  CHECK(has(damaged.out, "step-00000008: whole"));

  // The newest whole one stays, also where a newer one is damaged.
  const auto newest = here / "run/checkpoints/step-00000008/model.safetensors";
  write_file(newest, read_file(newest) + " ");
  CHECK(here.run({"ckpt", "prune", "run", "--keep", "1"}).code == 0);
  CHECK(here.exists("run/checkpoints/step-00000006"));
  CHECK(has(here.run({"train", "run", "--resume"}).err, "goes on after step 6 of 8"));
  CHECK(here.run({"ckpt", "ls", "nowhere"}).code == 2);
  CHECK(here.run({"ckpt", "prune", "run", "--keep", "0"}).code == 2);
  CHECK(here.run({"ckpt", "turn", "run"}).code == 2);
}

TEST_CASE("checkpoints of every so many epochs stay for good") {
  const Workplace here;
  REQUIRE(here.run(here.tiny({"--set", "checkpoint.keep_every=1", "--set", "checkpoint.keep=1",
                              "--set", "train.epochs=4"}))
              .code == 0);
  const auto list = Json::parse(here.run({"ckpt", "ls", "run", "--json"}).out);
  REQUIRE(list.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(list[i].at("step") == 4 * (i + 1));
}

TEST_CASE("a run tells at its start what a checkpoint will take, of the disk and of time") {
  const Workplace here;
  const auto result = here.run(here.tiny({}));
  REQUIRE(result.code == 0);
  CHECK(std::regex_search(result.err, std::regex("a checkpoint takes [0-9.]+ [KM]iB and about "
                                                 "[0-9]+\\.[0-9]{2} s, at most 4 are there")));
  CHECK_FALSE(here.exists("run/checkpoints/.speed.tmp"));
}

TEST_CASE("a dry run tells what a checkpoint costs, and keeps none") {
  const Workplace here;
  const auto result = here.run(here.tiny({"--dry-run"}));
  CHECK(result.code == 0);
  CHECK(has(result.out, "a checkpoint takes "));
  CHECK_FALSE(here.exists("run"));
}

TEST_CASE("a run that began with weights of another, and was killed, goes on with them") {
  const Workplace here;
  REQUIRE(here.run(here.tiny({"--out", "first", "--set", "run.seed=3"})).code == 0);
  const Words from = {"--init-from", "first"};
  REQUIRE(here.run(here.tiny({"--out", "whole", "--init-from", "first"})).code == 0);
  REQUIRE(here.run(here.tiny(from), fault("kill", "metrics.jsonl", 2, "write")).code == -9);
  const auto resumed = here.run({"train", "run", "--resume"});
  CAPTURE(resumed.err);
  CHECK(resumed.code == 0);
  check_same(ended(here / "whole"), ended(here / "run"));
}

TEST_CASE("a copy whose links became folders goes on, and is saved into") {
  const Workplace here;
  const Words words = {"--set", "checkpoint.every_steps=4", "--set", "eval.knn_every=1"};
  REQUIRE(here.run(here.tiny(words), fault("kill", ".step-00000008", 1)).code == -9);
  std::filesystem::copy(here / "run", here / "copy", std::filesystem::copy_options::recursive);
  REQUIRE(std::filesystem::symlink_status(here / "copy/checkpoints/latest").type() ==
          std::filesystem::file_type::directory);
  const auto resumed = here.run({"train", "copy", "--resume"});
  CAPTURE(resumed.err);
  CHECK(resumed.code == 0);
  CHECK(std::filesystem::read_symlink(here / "copy/checkpoints/latest") == "step-00000008");
}

TEST_CASE("a run folder whose logs are links to other files changes none of those") {
  const Stopped stopped;
  const std::string mine(9000, 'x');
  write_file(stopped.here / "mine.txt", mine);
  std::filesystem::remove(stopped.run / "metrics.jsonl");
  std::filesystem::create_symlink(stopped.here / "mine.txt", stopped.run / "metrics.jsonl");
  const auto result = stopped.resume();
  CHECK(result.code == 8);
  CHECK(has(result.err, "metrics.jsonl"));
  CHECK(read_file(stopped.here / "mine.txt") == mine);
}

TEST_CASE("who writes into the weights of a run does not reach its checkpoint") {
  const Stopped stopped;
  write_file(stopped.run / "backbone.safetensors", "gone");
  CHECK(stopped.here.run({"ckpt", "verify", "run"}).code == 0);
  CHECK(stopped.resume().code == 0);
}

TEST_CASE("a checkpoint that may not be read is not taken for a damaged one") {
  const Stopped stopped;
  const std::string model = "checkpoints/step-00000004/model.safetensors";
  // Not by its permissions: root may read everything.
  const auto result =
      stopped.here.run({"train", "run", "--resume"}, fault("EACCES", model, 1, "read"));
  CAPTURE(result.err);
  CHECK(result.code == 8);
  CHECK(has(result.err, model));
  CHECK(std::filesystem::exists(stopped.run / model));
}

TEST_CASE("what a resume was allowed needs no further word until it is saved") {
  const Stopped stopped;
  const Words changed = {"train",          "run",         "--resume", "--set", "optimizer.lr=0.5",
                         "--allow-change", "optimizer.lr"};
  REQUIRE(stopped.here.run(changed, fault("kill", "metrics.jsonl", 2, "write")).code == -9);
  const auto result = stopped.resume();
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(has(result.err, "optimizer.lr was 0.02, now 0.5"));
}

TEST_CASE("a kill before there is a run leaves a folder that the next one takes") {
  for (const int call : {1, 2, 3, 4}) {
    const Workplace here;
    CAPTURE(call);
    REQUIRE(here.run(here.tiny(), fault("kill", "manifest.json", call)).code == -9);
    auto words = here.tiny();
    if (call % 2 == 0) words.push_back("--resume");
    const auto result = here.run(words);
    CAPTURE(result.err);
    CHECK(result.code == 0);
  }
}

TEST_CASE("a kill between a checkpoint and its names leaves no older weights under them") {
  const Workplace here;
  REQUIRE(here.run(here.tiny({"--out", "whole"})).code == 0);
  const Words saving = {"--set", "checkpoint.every_steps=4"};
  // The second link is that of the last step's checkpoint, which stands whole by then.
  REQUIRE(here.run(here.tiny(saving), fault("kill", "checkpoints/.latest", 2, "symlink")).code ==
          -9);
  const auto resumed = here.run({"train", "run", "--resume"});
  CAPTURE(resumed.err);
  CHECK(resumed.code == 0);
  CHECK(has(resumed.err, "goes on after step 8 of 8"));
  check_same(ended(here / "whole"), ended(here / "run"));
  for (const char* file : {"backbone.safetensors", "objective.safetensors"})
    CHECK((read_file(here / "run" / file) == read_file(here / "whole" / file)));
}
