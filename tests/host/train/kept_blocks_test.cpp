#include "train/kept_blocks.hpp"

#include "catch.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <utility>
#include <vector>

using tandem::train::KeptBlocks;

namespace {

constexpr std::size_t mebi = std::size_t{1} << 20;

/// Takes and gives back at random, and writes all of what it holds; whether nobody else wrote
/// there.
bool churn(KeptBlocks& blocks, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::pair<unsigned char*, std::size_t>> held;
  bool whole = true;
  for (int i = 0; i < 400; ++i) {
    if (held.size() < 6 && random() % 2 == 0) {
      const std::size_t bytes = 1 + random() % (3 * mebi);
      held.emplace_back(static_cast<unsigned char*>(blocks.take(bytes)), bytes);
      std::memset(held.back().first, static_cast<int>(seed), bytes);
    } else if (!held.empty()) {
      const auto [data, bytes] = held[random() % held.size()];
      for (std::size_t at = 0; at < bytes; at += 4096) whole = whole && data[at] == seed;
      std::erase_if(held, [data = data](const auto& one) { return one.first == data; });
      blocks.give_back(data);
    }
  }
  for (const auto& one : held) blocks.give_back(one.first);
  return whole;
}

}  // namespace

TEST_CASE("a block is there again for what needs all of it but an eighth, and for nothing else") {
  KeptBlocks blocks;
  void* const first = blocks.take(16 * mebi);
  CHECK(reinterpret_cast<std::uintptr_t>(first) % KeptBlocks::grain == 0);
  CHECK(blocks.has(first));
  blocks.give_back(first);
  CHECK_FALSE(blocks.has(first));
  CHECK(blocks.kept() == 16 * mebi);
  void* const again = blocks.take(15 * mebi);
  CHECK(again == first);
  blocks.give_back(again);
  void* const small = blocks.take(8 * mebi);
  CHECK(small != first);
  // 16 MiB is all that was ever taken at a time: the large one went.
  CHECK(blocks.kept() == 0);
  CHECK(blocks.used() == 8 * mebi);
  CHECK(blocks.most() == 16 * mebi);
}

TEST_CASE("what may be spare is kept beside what was ever taken at a time") {
  KeptBlocks blocks(8 * mebi);
  for (const std::size_t size : {16, 8, 4}) blocks.give_back(blocks.take(size * mebi));
  CHECK(blocks.kept() == 20 * mebi);
  CHECK(blocks.most() == 16 * mebi);
}

TEST_CASE("of kept blocks the smallest that makes enough room goes") {
  KeptBlocks blocks;
  std::vector<void*> all;
  for (const std::size_t size : {32, 4, 8}) all.push_back(blocks.take(size * mebi));
  for (void* const one : all) blocks.give_back(one);
  blocks.take(6 * mebi);
  CHECK(blocks.kept() == 36 * mebi);
  CHECK(blocks.used() == 6 * mebi);
  blocks.let_go();
  CHECK(blocks.kept() == 0);
}

TEST_CASE(
    "no two have the same memory, and all together are no more than was ever taken at a time") {
  KeptBlocks blocks;
  CHECK(churn(blocks, 1));
  CHECK(blocks.used() == 0);
  CHECK(blocks.kept() <= blocks.most());
  CHECK(blocks.most() <= 6 * 3 * mebi);
  bool whole[] = {false, false, false};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 3; ++i)
    threads.emplace_back([&, i] { whole[i] = churn(blocks, i + 2); });
  for (auto& thread : threads) thread.join();
  for (const bool one : whole) CHECK(one);
  CHECK(blocks.used() == 0);
  CHECK(blocks.kept() <= blocks.most());
}

TEST_CASE("what is kept goes before memory is refused, and a refusal is no end") {
  // In a process of its own, since a limit on memory is the whole process's.
  const pid_t child = ::fork();
  if (child == 0) {
    KeptBlocks blocks;
    void* const both[] = {blocks.take(512 * mebi), blocks.take(512 * mebi)};
    for (void* const one : both) blocks.give_back(one);
    std::size_t pages = 0;
    if (FILE* const file = std::fopen("/proc/self/statm", "r"); file != nullptr) {
      if (std::fscanf(file, "%zu", &pages) != 1) pages = 0;
      std::fclose(file);
    }
    // Room for what is wanted once both have gone, not with one of them.
    const rlim_t now = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
    const rlimit limit{now - 600 * mebi, now - 600 * mebi};
    ::setrlimit(RLIMIT_AS, &limit);
    const bool taken = blocks.take(300 * mebi) != nullptr && blocks.kept() == 0;
    const bool refused = blocks.take(std::size_t{1} << 40) == nullptr;
    const bool forgotten = blocks.used() == 300 * mebi && blocks.most() == 1024 * mebi;
    ::_exit(pages > 0 && taken && refused && forgotten ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
