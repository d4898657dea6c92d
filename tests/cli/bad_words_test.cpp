// Command lines and configurations that are wrong: one message that names the culprit and the
// remedy, the right exit code, and nothing left behind.
#include "catch.hpp"
#include "workplace.hpp"

namespace {

struct Wrong {
  Words words;
  int code = 0;
  Words parts = {};  ///< of the message
};

void check(const Workplace& here, const Wrong& wrong) {
  std::string line;
  for (const auto& word : wrong.words) line += word + ' ';
  CAPTURE(line);
  const auto result = here.run(wrong.words);
  CAPTURE(result.err);
  CHECK(result.code == wrong.code);
  CHECK(result.out.empty());
  CHECK(count(result.err, "error:") == 1);
  for (const auto& part : wrong.parts) {
    CAPTURE(part);
    CHECK(has(result.err, part));
  }
  CHECK_FALSE(here.exists("run"));
  CHECK_FALSE(here.exists("runs"));
}

}  // namespace

TEST_CASE("a wrong command line is told with what was meant") {
  const Workplace here;
  const std::vector<Wrong> table = {
      {{"trian"}, 2, {"unknown command 'trian'", "did you mean 'train'?"}},
      {{"train", "--overwite"}, 2, {"unknown option '--overwite'", "did you mean --overwrite?"}},
      {{"train", "--nonsense"}, 2, {"unknown option '--nonsense'", "--help"}},
      {{"train", "--out"}, 2, {"'--out'", "--help"}},
      {{"train", "one.toml", "two.toml"}, 2, {"too many words", "train [CONFIG|PRESET] [options]"}},
      {{"train", "--set", "nonsense"}, 2, {"--set #1", "expected KEY=VALUE", "nonsense"}},
      {{"train", "nowhere.toml"}, 3, {"'nowhere.toml'", "quickstart, seed"}},
      {{"train"}, 3, {"no pictures are named", "--data DIR"}},
      {{"eval"}, 2, {"tandem eval needs 'knn' or 'linear'"}},
      {{"eval", "nearest", "nowhere"}, 2, {"tandem eval needs 'knn' or 'linear'"}},
      {{"eval", "knn"}, 2, {"name one run folder"}},
      {{"eval", "knn", "nowhere"}, 2, {"nowhere: no such run folder"}},
      {{"eval", "linear", "nowhere"}, 2, {"nowhere: no such run folder"}},
      {{"plugins"}, 2, {"'list', 'info ID'", "'new ROLE NAME'"}},
      {{"plugins", "info", "barlow_twin"}, 5, {"'barlow_twin'", "did you mean 'barlow_twins'?"}},
      {{"config"}, 2, {"'check' or 'show'"}},
  };
  for (const auto& wrong : table) check(here, wrong);
}

TEST_CASE("a wrong file is told with line, column and caret") {
  const Workplace here;
  write_file(here / "key.toml", "[train]\nepochs = 2\nbach_size = 16\n");
  write_file(here / "type.toml", "[train]\nepochs = \"two\"\n");
  write_file(here / "range.toml", "[train]\nepochs = 0\n");
  write_file(here / "syntax.toml", "[train\nepochs = 2\n");
  const std::vector<Wrong> table = {
      {{"train", "key.toml"},
       3,
       {"key.toml:3:1: error: unknown key 'bach_size' in [train]\n  bach_size = 16\n  ^\n",
        "did you mean 'batch_size'?"}},
      {{"train", "type.toml"},
       3,
       {"type.toml:2:10: error: 'epochs' in [train]", "expected integer",
        "\n  epochs = \"two\"\n           ^\n"}},
      {{"train", "range.toml"},
       3,
       {"range.toml:2:10: error: 'epochs' in [train]: must be at least 1, is 0"}},
      {{"train", "syntax.toml"}, 3, {"syntax.toml:1:7: error: not TOML"}},
  };
  for (const auto& wrong : table) check(here, wrong);
}

TEST_CASE("every error of a file is told in one pass") {
  const Workplace here;
  write_file(here / "two.toml", "[train]\nbach_size = 16\nepochs = 0\n");
  const auto result = here.run({"train", "two.toml"});
  CHECK(result.code == 3);
  CHECK(has(result.err, "two.toml:2:1: error: "));
  CHECK(has(result.err, "two.toml:3:10: error: "));
  CHECK(count(result.err, "error:") == 2);
}

TEST_CASE("a wrong value on the command line is told with its option") {
  const Workplace here;
  const auto set = [&](const std::string& text) { return here.tiny({"--set", text}); };
  const std::vector<Wrong> table = {
      {set("train.bach_size=3"), 3, {"--set #1", "'bach_size'", "'batch_size'"}},
      {set("train.batch_size=many"), 3, {"--set #1", "expected integer", "\"many\""}},
      {set("train.batch_size=1"), 3, {"must be at least 2, is 1"}},
      {set("optimizer.lr=0"), 3, {"'lr'", "must be above 0"}},
      {set("optimizer.use=\"sgdd\""), 3, {"unknown optimizer 'sgdd'", "did you mean 'sgd'?"}},
      {set("schedule.use=\"cosin\""), 3, {"unknown schedule 'cosin'", "did you mean 'cosine'?"}},
      {set("objective.lamda=1"), 3, {"'lamda'", "did you mean 'lambda'?"}},
      {set("view=[{ops=[{use=\"horizontal_flipp\"}]}]"),
       5,
       {"the augmentation 'horizontal_flipp'", "did you mean 'horizontal_flip'?"}},
      {set("backbone.tap=\"layer7\""), 3, {"layer7", "layer1"}},
      {here.tiny({"--objective", "barlow_twin"}),
       5,
       {"--objective", "'barlow_twin'", "did you mean 'barlow_twins'?"}},
      {here.tiny({"--backbone", "resnet19"}), 5, {"--backbone", "'resnet19'", "'resnet18'"}},
      {here.tiny({"--device", "tpu"}), 3, {"--device", "\"cpu\"", "\"tpu\""}},
  };
  for (const auto& wrong : table) check(here, wrong);
}
