#include "catch.hpp"
#include "launch.hpp"
#include "temporary_folder.hpp"

using namespace ranks;

namespace {

std::vector<Ended> with_fault(const std::string& fault, int ranks, int rank) {
  const TemporaryFolder folder;
  return launch({.ranks = ranks,
                 .words = {TANDEM_RANK_WORKER, folder.path().string(), "simsiam", "-", "resnet10",
                           "float32", "1000", fault, std::to_string(rank), "3"}});
}

/// A busy machine takes its time to start them, before which nothing can be lost.
constexpr double patience = 90;

/// All ranks but the lost one ended in time, with exit code 8, and said so: within 30 s of its end,
/// where it ended by itself.
void check_others(const std::vector<Ended>& ended, std::size_t lost, const std::string& words) {
  for (std::size_t rank = 0; rank < ended.size(); ++rank) {
    if (rank == lost) continue;
    INFO("rank " << rank << ": " << ended[rank].text);
    CHECK(ended[rank].code == 8);
    CHECK(ended[rank].seconds < patience);
    if (lost < ended.size() && ended[lost].code != 0)
      CHECK(ended[rank].seconds - ended[lost].seconds < 30);
    CHECK(ended[rank].text.find(words) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("a rank that is killed is named by all others") {
  const auto ended = with_fault("kill", 4, 1);
  CHECK(ended[1].code == 128 + 9);
  check_others(ended, 1, "rank 1 of 4 is gone");
}

TEST_CASE("rank 0, which holds the store, is named too") {
  const auto ended = with_fault("kill", 4, 0);
  CHECK(ended[0].code == 128 + 9);
  check_others(ended, 0, "rank 0, which holds the ranks' store, is gone");
}

TEST_CASE("what a rank failed with is what the others say") {
  const auto ended = with_fault("throw", 4, 2);
  CHECK(ended[2].code == 4);
  check_others(ended, 2, "rank 2 of 4 ended: a picture went away");
}

TEST_CASE("a rank that hangs is named") {
  const auto ended = with_fault("stop", 4, 1);
  check_others(ended, 1, "rank 1 of 4 has been silent for 15 s");
}

TEST_CASE("a rank that does not start is named") {
  const TemporaryFolder folder;
  const auto ended = launch({.ranks = 4,
                             .starts = 3,
                             .words = {TANDEM_RANK_WORKER, folder.path().string(), "simsiam", "-",
                                       "resnet10", "float32", "2"}});
  check_others(ended, 3, "rank 3 of 4 did not start within 20 s");
}

TEST_CASE("a rank whose network is not there says so, and the others repeat it") {
  const TemporaryFolder folder;
  const auto ended =
      launch({.ranks = 2,
              .words = {"/bin/sh", "-c",
                        R"([ "$RANK" = 0 ] || export GLOO_SOCKET_IFNAME=nosuch0; exec "$@")", "sh",
                        TANDEM_RANK_WORKER, folder.path().string(), "simsiam", "-", "resnet10",
                        "float32", "2"}});
  const std::string words = "GLOO_SOCKET_IFNAME is 'nosuch0', on which rank 1 cannot listen";
  INFO(ended[1].text);
  CHECK(ended[1].code == 2);
  CHECK(ended[1].text.find(words) != std::string::npos);
  check_others(ended, 1, "rank 1 of 2 ended: " + words);
}

TEST_CASE("a rank that ends between meeting the others and connecting to them is named") {
  const TemporaryFolder folder;
  // What a rank says of itself when it comes (host/src/train/rank_watch.cpp), and no more.
  const std::string comes =
      "import os, torch.distributed as d\n"
      "port = int(os.environ['MASTER_PORT'])\n"
      "store = d.PrefixStore('tandem/0', d.TCPStore('127.0.0.1', port, wait_for_workers=False))\n"
      "store.set('beat/1', '- 0 0')\n"
      "store.set('here/1', 'yes')\n"
      "os._exit(9)\n";
  const auto ended = launch(
      {.ranks = 2,
       .words = {"/bin/sh", "-c", R"([ "$RANK" = 0 ] || exec "$1" -c "$2"; shift 2; exec "$@")",
                 "sh", TANDEM_PYTHON, comes, TANDEM_RANK_WORKER, folder.path().string(), "simsiam",
                 "-", "resnet10", "float32", "2"}});
  INFO(ended[1].text);
  REQUIRE(ended[1].code == 9);
  check_others(ended, 1, "rank 1 of 2 is gone");
}

TEST_CASE("a rank whose thread never comes back from a plugin is named, though its process lives") {
  const TemporaryFolder folder;
  const auto ended = launch({.ranks = 4,
                             .words = {TANDEM_RANK_WORKER, folder.path().string(), "endless", "-",
                                       "resnet10", "float32", "1000", "loop", "1", "3"},
                             .endless = 1,
                             .environment = {{"TANDEM_RANK_PATIENCE", "8"}}});
  check_others(ended, 1, "rank 1 of 4 has been stuck in a step for 8 s");
}

TEST_CASE("a rank that is busy beside its steps is waited for") {
  const TemporaryFolder folder;
  const auto ended = launch({.ranks = 2,
                             .words = {TANDEM_RANK_WORKER, folder.path().string(), "simsiam", "-",
                                       "resnet10", "float32", "6", "rest", "0", "3"},
                             .environment = {{"TANDEM_RANK_PATIENCE", "8"}}});
  for (const auto& rank : ended) {
    INFO(rank.text);
    CHECK(rank.code == 0);
  }
}
