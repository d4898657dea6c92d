#pragma once

#include <cstdint>
#include <functional>

namespace tandem::train {

/// Elements of one block: small enough to share out a layer, large enough to be worth a thread's
/// while.
inline constexpr std::int64_t block_size = 32768;
inline std::int64_t block_count(std::int64_t n) {
  return (n + block_size - 1) / block_size;
}

/// Calls `work(block, begin, end)` for each block of [0, n), on LibTorch's threads. The blocks are
/// the same for any number of threads, so that sums over them are too.
void for_blocks(std::int64_t n,
                const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& work);

}  // namespace tandem::train
