#include "bench/throughput.hpp"

#include "bench/memory.hpp"
#include "bench/side_by_side.hpp"
#include "data/loader.hpp"

#include <numeric>

namespace tandem::bench {
namespace {

data::BatchLoader make_loader(const Subject& subject, std::int64_t batch, int threads, int slots) {
  data::LoaderOptions options;
  options.batch_size = batch;
  options.workers = threads;
  options.slots_ahead = slots - 1;
  return {subject.source, subject.views, subject.normalization, options};
}

/// Whoever takes batches waits for them all the time: the threads never do.
double rate(const Subject& subject, int threads, double seconds,
            const std::function<void()>& ready) {
  constexpr std::int64_t batch = 64;
  constexpr int slots = 3;
  auto loader = make_loader(subject, batch, threads, slots);
  for (int i = 0; i < slots; ++i) loader.next();
  ready();
  // What was made while waiting is not counted.
  for (int i = 0; i < slots; ++i) loader.next();
  const Stopwatch watch;
  std::int64_t made = 0;
  do {
    loader.next();
    made += batch;
  } while (watch.seconds() < seconds);
  return static_cast<double>(made) / watch.seconds();
}

double total(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

Throughput recipe_throughput(const Subject& subject, const Effort& effort, bool two) {
  Throughput result;
  for (int round = 0; round < effort.rounds; ++round) {
    result.one_thread.push_back(rate(subject, 1, effort.seconds, [] {}));
    if (two) result.two_threads.push_back(rate(subject, 2, effort.seconds, [] {}));
  }
  return result;
}

Scaling scaling(const Subject& subject, const Effort& effort) {
  const auto together = [&](int processes, int threads) {
    return total(side_by_side(processes, [&](const std::function<void()>& ready) {
      return rate(subject, threads, effort.seconds, ready);
    }));
  };
  Scaling result;
  for (int round = 0; round < effort.rounds; ++round) {
    result.threads.push_back(together(1, 2));
    result.processes.push_back(together(2, 1));
  }
  return result;
}

double LoaderMemory::bound() const {
  return 1.2 * slot_bytes + 64e6;
}

LoaderMemory loader_memory(const Subject& subject) {
  LoaderMemory memory{8, 4, 256};
  const auto one = make_loader(subject, 1, 0, 2);
  for (const auto& shape : one.shapes()) {
    memory.slot_bytes += static_cast<double>(memory.slots * memory.batch) * sizeof(float) *
                         shape.height * shape.width * shape.channels;
  }
  memory.growth = side_by_side(1, [&](const std::function<void()>&) {
    const double before = resident_bytes();
    auto loader = make_loader(subject, memory.batch, memory.threads, memory.slots);
    for (int i = 0; i < memory.slots + 2; ++i) loader.next();
    return resident_bytes() - before;
  })[0];
  return memory;
}

}  // namespace tandem::bench
