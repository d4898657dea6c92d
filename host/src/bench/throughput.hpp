#pragma once

#include "bench/clock.hpp"
#include "bench/subject.hpp"

#include <vector>

namespace tandem::bench {

/// Pictures made into views by a loader, a second: all views of a picture count once. One entry a
/// round.
struct Throughput {
  std::vector<double> one_thread, two_threads;  ///< the latter empty where not asked for
};

/// The whole recipe from the source to normalised floats. With `two`, a second loader of two
/// threads takes turns with that of one.
Throughput recipe_throughput(const Subject& subject, const Effort& effort, bool two);

/// One process with two threads beside two processes of one thread each that run at the same time.
struct Scaling {
  std::vector<double> threads, processes;  ///< pictures a second, by round
};
Scaling scaling(const Subject& subject, const Effort& effort);

/// A loader's memory once all its batches have been made.
struct LoaderMemory {
  int slots = 0, threads = 0;
  std::int64_t batch = 0;
  double slot_bytes = 0;  ///< of all slots
  double growth = 0;      ///< of resident memory, in bytes
  double bound() const;   ///< 1.2 × slots + 64 MB
};

/// Of eight slots of 256 pictures and four threads, in a process of its own.
LoaderMemory loader_memory(const Subject& subject);

}  // namespace tandem::bench
