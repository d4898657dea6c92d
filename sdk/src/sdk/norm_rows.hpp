#pragma once

#include "fused_norm_kernels.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>

namespace tandem::fused {

/// Maps in channels-last memory: rows of channels, in blocks that are the same for any number of
/// threads.
class Rows {
 public:
  explicit Rows(const at::Tensor& maps)
      : channels(maps.size(1)),
        rows(maps.numel() / channels),
        block_(std::max<std::int64_t>(64, 65536 / channels)) {}
  std::int64_t blocks() const { return (rows + block_ - 1) / block_; }
  std::int64_t rows_of(std::int64_t block) const { return std::min(block_, rows - block * block_); }
  /// Calls `work(block, its first element, its shape)` for each, on LibTorch's threads.
  template <class Work>
  void each(const Work& work) const {
    at::parallel_for(0, blocks(), 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t block = first; block < last; ++block)
        work(block, block * block_ * channels, Block{rows_of(block), channels});
    });
  }

  const std::int64_t channels, rows;

 private:
  std::int64_t block_;
};

}  // namespace tandem::fused
