#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace tandem::data {

/// The order in which an epoch shows the pictures: a permutation that depends on (seed, epoch)
/// alone.
class EpochOrder {
 public:
  EpochOrder(std::int64_t count, std::uint64_t seed) : count_(count), seed_(seed) {}

  /// Copies places `first`, `first + 1`, … of the epoch's order. Remembers two epochs.
  void copy(std::int64_t epoch, std::int64_t first, std::span<std::int64_t> out);

 private:
  struct Remembered {
    std::int64_t epoch = -1;
    std::vector<std::int64_t> order;
  };
  const std::vector<std::int64_t>& of(std::int64_t epoch);

  std::int64_t count_;
  std::uint64_t seed_;
  std::array<Remembered, 2> remembered_;
};

}  // namespace tandem::data
