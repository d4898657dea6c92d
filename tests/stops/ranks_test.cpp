// Several processes that share each batch.
#include "catch.hpp"
#include "ranks/launch.hpp"
#include "resuming.hpp"

#include <csignal>
#include <cstdlib>
#include <memory>

namespace {

const Words float64 = {"--set", "run.precision=\"float64\""};

Words words(const Words& more) {
  Words all = float64;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<double> losses(const std::filesystem::path& run) {
  std::vector<double> list;
  for (const Json& step : events(run, "step")) list.push_back(step.at("loss"));
  return list;
}

void check_close(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(std::abs(found[i] - expected[i]) <= 1e-9 * std::abs(expected[i]));
}

std::vector<double> train(const Workplace& here, const std::string& out, const Words& more) {
  Words all = words(more);
  all.insert(all.end(), {"--out", out});
  const auto result = here.run(here.tiny(all));
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  return losses(here / out);
}

}  // namespace

TEST_CASE("two ranks train as one, rank 0 leaves the one folder") {
  const Workplace here;
  const auto alone = train(here, "alone", {});
  check_close(train(here, "together", {"--ranks", "2"}), alone);
  CHECK(names_of(here / "together") == names_of(here / "alone"));
}

TEST_CASE("torchrun starts ranks, whose store its agent holds") {
  const Workplace here;
  const auto alone = train(here, "alone", {});
  std::string line = "cd " + here.call({}).folder.string() +
                     " && OMP_NUM_THREADS=1 " TANDEM_PYTHON
                     " -m torch.distributed.run --no-python --rdzv-backend c10d --rdzv-endpoint "
                     "127.0.0.1:0 --rdzv-id test "
                     "--local-addr 127.0.0.1 --nproc-per-node 2 " TANDEM_PROGRAM;
  for (const auto& word : here.tiny(words({"--out", "together"}))) line += " '" + word + "'";
  REQUIRE(std::system((line + " 2> torchrun.txt > /dev/null").c_str()) == 0);
  check_close(losses(here / "together"), alone);
}

TEST_CASE(
    "a run of two ranks that was stopped goes on with two, to the bit, with one and with four") {
  const Workplace here;
  const Words longer = {"--set", "train.epochs=12"};
  const auto alone = train(here, "alone", longer);
  Words of_two = longer;
  of_two.insert(of_two.end(), {"--ranks", "2"});
  check_close(train(here, "whole", of_two), alone);
  Words all = words({"--ranks", "2", "--out", "run"});
  all.insert(all.end(), longer.begin(), longer.end());
  program::Process process(here.call(here.tiny(all)));
  process.until(
      [&] { return here.exists("run/metrics.jsonl") && losses(here / "run").size() > 2; });
  process.send(SIGINT);
  const auto stopped = process.wait();
  CAPTURE(stopped.err);
  REQUIRE(stopped.code == 130);
  for (const char* copy : {"one", "four"}) {
    std::filesystem::copy(
        here / "run", here / copy,
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  }
  for (const Words& resume :
       {Words{"train", "run", "--resume", "--ranks", "2"}, Words{"train", "one", "--resume"},
        Words{"train", "four", "--resume", "--ranks", "4"}}) {
    const auto result = here.run(resume);
    CAPTURE(resume, result.err);
    REQUIRE(result.code == 0);
    check_close(losses(here / resume[1]), alone);
  }
  CHECK(losses(here / "run") == losses(here / "whole"));
  for (const char* file : {"backbone.safetensors", "objective.safetensors"})
    CHECK(read_file(here / "run" / file) == read_file(here / "whole" / file));
}

TEST_CASE("ranks that stop between an epoch's end and the next step go on from there together") {
  const Workplace here;
  const auto whole = train(here, "whole", {});
  // The sixth line is of the end of the first epoch of four steps.
  const auto stopping = here.tiny(words({"--ranks", "2", "--out", "run"}));
  const auto stopped = here.run(stopping, fault("SIGTERM", "metrics.jsonl", 6, "write"));
  CAPTURE(stopped.err);
  REQUIRE(losses(here / "run").size() == 4);
  CHECK(Json::parse(read_file(here / "run/checkpoints/latest/state.json")).at("epoch_ended") ==
        true);
  const auto resumed = here.run({"train", "run", "--resume", "--ranks", "2"});
  CAPTURE(resumed.err);
  REQUIRE(resumed.code == 0);
  check_close(losses(here / "run"), whole);
  CHECK(events(here / "run", "epoch").size() == 2);
  CHECK(events(here / "run", "eval").size() == 1);
}

TEST_CASE("a rank that dies ends the others, named, and a part of the ranks saves nothing") {
  const Workplace here;
  auto call = here.call(here.tiny({"--set", "train.epochs=100000", "--set", "checkpoint.every=0"}));
  call.environment = {{"WORLD_SIZE", "2"},
                      {"MASTER_ADDR", "127.0.0.1"},
                      {"MASTER_PORT", std::to_string(ranks::free_port())}};
  const auto start = [&](int rank) {
    call.environment.insert_or_assign("RANK", std::to_string(rank));
    return std::make_unique<program::Process>(call);
  };
  const auto first = start(0), second = start(1);
  first->until([&] { return here.exists("run/metrics.jsonl") && losses(here / "run").size() > 2; });
  second->send(SIGKILL);
  CHECK(second->wait().code == -SIGKILL);
  const auto left = first->wait();
  CHECK(left.code == 8);
  CHECK(has(left.err, "error: rank 1 of 2 is gone"));
  CHECK_FALSE(here.exists("run/checkpoints/latest"));
}

TEST_CASE("a plugin that never comes back on one rank ends them all, and leaves no process") {
  const Workplace here;
  const Words more = {"--ranks",  "2",
                      "--plugin", TANDEM_FIXTURE_PLUGINS "/other_kinds.so",
                      "--set",    "objective={use=\"endless\", projector=[8], rank=0, after=1}"};
  // The launcher waits for all, and ends what does not end by itself.
  const auto result = here.run(here.tiny(more), {{"TANDEM_RANK_PATIENCE", "5"}});
  CAPTURE(result.err);
  CHECK(result.code == 8);
  CHECK(has(result.err, "error: rank 0 of 2 has been stuck in a step for 5 s"));
  CHECK_FALSE(here.exists("run/checkpoints/latest"));
}

TEST_CASE("ranks are in a terminal's background, where stty tostop does not stop what they print") {
  const Workplace here;
  std::string line = "stty tostop && exec \"" TANDEM_PROGRAM "\"";
  for (const auto& word : here.tiny({"--ranks", "2"})) line += " " + word;
  const std::string command = "cd '" + here.call({}).folder.string() +
                              "' && timeout 120 script -qec '" + line +
                              "' terminal.txt < /dev/null > out";
  CHECK(std::system(command.c_str()) == 0);
  CHECK(events(here / "run", "end").at(0).at("reason") == "finished");
}

TEST_CASE("what ranks cannot share is refused, once") {
  const Workplace here;
  const auto result = here.run(here.tiny({"--ranks", "2", "--set", "train.batch_size=9"}));
  CHECK(result.code == 3);
  CHECK(has(result.err, "no multiple of the 2 ranks"));
  const auto single = here.run(here.tiny({"--ranks", "2", "--set", "train.batch_size=2"}));
  CHECK(single.code == 3);
  CHECK(has(single.err, "train.batch_size is 2, a single picture for each of 2 ranks"));
  CHECK(here.run(here.tiny({"--ranks", "0"})).code == 2);
  const auto half = here.run(here.tiny({}), {{"RANK", "1"}});
  CHECK(half.code == 2);
  CHECK(has(half.err, "WORLD_SIZE is not set"));
  const auto unknown = here.run(here.tiny({"--ranks", "2", "--set", "train.batchsize=9"}));
  CHECK(unknown.code == 3);
  CHECK(count(unknown.err, "batchsize") > 0);
  CHECK(count(unknown.err, "unknown key") == 1);
}

TEST_CASE("train.accumulate trains, and is refused where it cuts unequal chunks") {
  const Workplace here;
  const auto chunked = train(here, "chunked", {"--set", "train.accumulate=4"});
  CHECK(chunked.size() == 8);
  const auto unequal = here.run(here.tiny({"--set", "train.accumulate=7"}));
  CHECK(unequal.code == 3);
  CHECK(has(unequal.err, "'accumulate' in [train] cuts a batch into equal chunks"));
}
