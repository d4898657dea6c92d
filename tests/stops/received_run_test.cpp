// Run folders that came from elsewhere: what they hold is read no further than a run's own would
// be, and nothing outside of them is touched.
#include "catch.hpp"
#include "resuming.hpp"

namespace {

namespace fs = std::filesystem;

/// Killed when step 4 of 8 was saved.
struct Stopped {
  Workplace here;
  fs::path run = here / "run";

  Stopped() {
    REQUIRE(here.run(here.tiny({"--set", "checkpoint.every_steps=4"}),
                     fault("kill", "step-00000008", 1))
                .code == -9);
  }
};

/// 10 GiB of nothing, which takes no room on a disk.
void make_huge(const fs::path& file) {
  fs::resize_file(file, std::uintmax_t{10} << 30);
}

}  // namespace

TEST_CASE("a huge file in a run folder is refused by name, unread") {
  const Stopped stopped;
  const auto& here = stopped.here;
  const std::map<std::string, int> exits = {{"config.toml", 3}, {"manifest.json", 4}};
  for (const auto& [file, code] : exits) {
    const std::string whole = read_file(stopped.run / file);
    make_huge(stopped.run / file);
    for (const Words& words : {Words{"compare", "run"}, Words{"eval", "knn", "run"},
                               Words{"train", "run", "--resume"}}) {
      const auto result = here.run(words);
      CAPTURE(words[0], result.err);
      CHECK(result.code == code);
      CHECK(has(result.err, "run/" + file));
      CHECK(has(result.err, " MiB"));
    }
    write_file(stopped.run / file, whole);
  }
  write_file(stopped.run / "gallery.json", "");
  make_huge(stopped.run / "gallery.json");
  const auto result = here.run({"compare", "run"});
  CHECK(result.code == 4);
  CHECK(has(result.err, "run/gallery.json: it has 10.0 GiB, and such a file has at most 16.0 MiB"));
}

TEST_CASE("a checkpoint with a huge state.json is damaged") {
  const Stopped stopped;
  make_huge(stopped.run / "checkpoints/step-00000004/state.json");
  const auto result = stopped.here.run({"train", "run", "--resume"});
  CHECK(result.code == 6);
  CHECK(has(result.err, "state.json is damaged: it is not "));
}

TEST_CASE("a checkpoint that is called after another step is told, not only refused") {
  const Stopped stopped;
  const auto& here = stopped.here;
  const auto folder = stopped.run / "checkpoints/step-00000004";
  const std::string wrong = "run/checkpoints/step-00000009";
  fs::copy(folder, here / wrong);
  const auto verified = here.run({"ckpt", "verify", "run"});
  CHECK(verified.code == 6);
  CHECK(
      has(verified.out, wrong + ": damaged: " + wrong + " is of step 4, not of that of its name"));
  CHECK(has(verified.out, "step-00000004: whole"));
  CHECK(here.run({"ckpt", "verify", wrong + "/"}).code == 6);
  CHECK(has(here.run({"ckpt", "ls", "run"}).out, "damaged"));
  CHECK(has(here.run({"ckpt", "info", "run"}).out, "step-00000004: whole"));
  CHECK(here.run({"ckpt", "verify", "run/checkpoints/latest"}).code == 0);

  fs::rename(here / wrong, here / "backup");  // a name that says nothing is no wrong one
  CHECK(here.run({"ckpt", "verify", "backup"}).code == 0);
}

TEST_CASE("where checkpoints lead elsewhere, nothing of others is swept away there") {
  const Stopped stopped;
  const auto home = stopped.here / "home";
  fs::rename(stopped.run / "checkpoints", home);
  fs::create_directory_symlink(home, stopped.run / "checkpoints");
  const Words mine = {".notes.tmp", ".x.tmp/letter", ".letter.7.tmp", ".draft.7-0.tmp",
                      ".latest.swp"};
  const Words left = {".step-00000008.7-0.tmp/model.safetensors", ".latest.7-12.tmp",
                      ".step-00000002.corrupt.7-0.tmp/COMMIT", ".speed.tmp", "..speed.tmp.7-0.tmp"};
  const auto fill = [&] {
    for (const Words& names : {mine, left}) {
      for (const auto& name : names) {
        fs::create_directories((home / name).parent_path());
        write_file(home / name, "1");
      }
    }
  };
  for (const Words& words : {Words{"train", "run", "--resume"},
                             stopped.here.tiny({"--overwrite", "--set", "train.max_steps=2"})}) {
    fill();
    const auto result = stopped.here.run(words);
    CAPTURE(words[1], result.err);
    CHECK(result.code == 0);
    for (const auto& name : mine) CHECK(fs::exists(home / name));
    for (const auto& name : left) CHECK_FALSE(fs::exists(home / name));
  }
}

TEST_CASE("a run folder's lock that is a link is refused, and makes no file where it leads") {
  const Workplace here;
  fs::create_directory(here / "run");
  fs::create_symlink(here / "elsewhere", here / "run/.lock");
  const auto result = here.run(here.tiny());
  CHECK(result.code == 8);
  CHECK(has(result.err, "run folder run cannot be written: run/.lock is a link to another file"));
  CHECK_FALSE(here.exists("elsewhere"));
  CHECK(fs::is_symlink(here / "run/.lock"));
}

TEST_CASE("a new run folder is made durable with all that leads to it") {
  const Workplace here;
  const auto words = here.tiny({"--out", "deep/er/run"});
  const std::string root = here.call({}).folder.string();
  const auto calls = calls_of(here, words, root);
  Words synced;
  for (const auto& call : calls) {
    if (has(call, "fsync ") && synced.size() < 3) synced.push_back(call.substr(6));
  }
  CHECK(synced == Words{root + "/deep/er", root + "/deep", root});
  // Where that fails there is a run all the same.
  fs::remove_all(here / "deep");
  auto environment = fault("EIO", root, 1, "fsync");
  environment.emplace("TANDEM_FAULT_FOR", "3");
  CHECK(here.run(words, environment).code == 0);
}
