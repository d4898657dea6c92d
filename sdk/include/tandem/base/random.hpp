#pragma once

#include "tandem/base/export.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace tandem {

/// One block of Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
TANDEM_API std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                   std::array<std::uint32_t, 2> key);

/// Names a stream of draws: equal keys give equal draws on every machine, in any thread, in any
/// order.
struct RandomKey {
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  std::uint32_t sample = 0;  ///< index in the data set
  std::uint16_t view = 0;
  std::uint16_t op = 0;
};

/// Counter-based random numbers with distributions of its own, so that a draw depends on its key
/// and its position in the stream and on nothing else. The only source of randomness an
/// augmentation may use. Cheap to make; not shared between threads.
class TANDEM_API Random {
 public:
  explicit Random(const RandomKey& key);

  std::uint32_t bits();                     ///< 32 random bits
  double uniform();                         ///< in [0, 1), 53 bits
  double uniform(double low, double high);  ///< in [low, high); `low` where they are equal
  std::int64_t integer(std::int64_t low, std::int64_t high);  ///< in [low, high], unbiased
  bool chance(double probability);  ///< true with this probability; always draws once
  double normal();                  ///< mean 0, variance 1 (Box-Muller)
  std::vector<std::int64_t> permutation(std::int64_t n);  ///< of 0 … n-1 (Fisher-Yates)

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
};

}  // namespace tandem
