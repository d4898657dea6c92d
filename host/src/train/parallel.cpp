// Compiled with OpenMP where the compiler's runtime is LibTorch's: at::parallel_for is a loop
// without it.
#include "train/parallel.hpp"

#include <ATen/Parallel.h>

#include <algorithm>

namespace tandem::train {

void for_blocks(std::int64_t n,
                const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& work) {
  at::parallel_for(0, block_count(n), 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t block = first; block < last; ++block) {
      work(block, block * block_size, std::min(n, (block + 1) * block_size));
    }
  });
}

}  // namespace tandem::train
