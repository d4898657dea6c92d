#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace tandem::train {

/// Large pieces of memory that are kept when they are given back, for the next that want as much.
/// A block serves what needs all of it but an eighth. Where none does, a new one is mapped, in huge
/// pages where the kernel has them, and kept ones are unmapped until all together are no more than
/// what was ever taken at a time and `spare` bytes: the smallest that is enough, else the oldest.
/// [any thread]
class KeptBlocks {
 public:
  /// Sizes and addresses are multiples of it.
  static constexpr std::size_t grain = std::size_t{1} << 16;

  /// Without `spare`, sizes that alternate push one another out.
  explicit KeptBlocks(std::size_t spare = 0) : spare_(spare) {}

  /// At least so many bytes, their content anything; null where the kernel has no more.
  void* take(std::size_t bytes);
  /// Whether `data` was taken and not given back.
  bool has(void* data) const;
  void give_back(void* data);
  /// Unmaps all that is kept.
  void let_go();

  std::size_t used() const;  ///< bytes that are taken
  std::size_t kept() const;  ///< bytes that wait for the next
  std::size_t most() const;  ///< of `used`, so far

 private:
  struct Block {
    void* data = nullptr;
    std::size_t size = 0;
  };

  Block take_free(std::size_t size);
  std::vector<Block> surplus(std::size_t size);
  static void unmap(const std::vector<Block>& blocks);

  std::size_t spare_;
  mutable std::mutex mutex_;
  std::vector<Block> free_;                       ///< in the order in which they were given back
  std::unordered_map<void*, std::size_t> sizes_;  ///< of those that are taken
  std::size_t used_ = 0, kept_ = 0, most_ = 0;
};

}  // namespace tandem::train
