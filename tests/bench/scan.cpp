// How long a folder takes to be scanned and shuffled, and what its index costs: scan.sh runs it.
#include "data/epoch_order.hpp"
#include "data/source.hpp"

#include <malloc.h>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <vector>

using namespace tandem;

namespace {

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

double bytes_in_use() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

}  // namespace

int main(int, char** argv) {
  data::SourceOptions options;
  options.path = argv[1];
  const double before = bytes_in_use();
  const auto began = std::chrono::steady_clock::now();
  const auto source = data::open_source(options);
  const double scanned = seconds_since(began), busy = processor_seconds();
  const double index = bytes_in_use() - before;

  const auto shuffle_began = std::chrono::steady_clock::now();
  data::EpochOrder order(source->size(), 0);
  std::vector<std::int64_t> batch(256);
  order.copy(0, 0, batch);
  const double shuffled = seconds_since(shuffle_began);

  double path_bytes = 0;
  for (std::int64_t i = 0; i < source->size(); ++i) {
    path_bytes += static_cast<double>(source->name(i).size());
  }
  const auto count = static_cast<double>(source->size());
  std::printf(
      "%.0f files: scanned in %.2f s (%.2f s of a processor), shuffled in %.2f s; an index of %.1f "
      "bytes a file "
      "beside paths of %.1f; with an epoch's order %.1f\n",
      count, scanned, busy, shuffled, (index - path_bytes) / count, path_bytes / count,
      (bytes_in_use() - before - path_bytes) / count);
}
