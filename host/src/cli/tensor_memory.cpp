#include "cli/tensor_memory.hpp"

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace tandem::cli {
namespace {

constexpr std::size_t large = std::size_t{1} << 20;
constexpr std::size_t grain = std::size_t{1} << 16;  ///< sizes and addresses are multiples of it
constexpr std::size_t huge_page = std::size_t{1} << 21;

std::size_t round_up(std::size_t value, std::size_t to) {
  return (value + to - 1) / to * to;
}

/// Memory of the kernel's that begins at a huge page; null where it has none left.
void* map(std::size_t bytes) {
  const std::size_t wide = bytes + huge_page;
  void* const all =
      ::mmap(nullptr, wide, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) return nullptr;
  char* const from = static_cast<char*>(all);
  const auto address = reinterpret_cast<std::uintptr_t>(all);
  const std::size_t before = round_up(address, huge_page) - address;
  if (before > 0) ::munmap(from, before);
  ::munmap(from + before + bytes, wide - before - bytes);
  ::madvise(from + before, bytes, MADV_HUGEPAGE);
  return from + before;
}

class Blocks {
 public:
  /// Null where the kernel refuses.
  void* take(std::size_t bytes) {
    const std::size_t size = round_up(bytes, grain);
    const std::lock_guard lock(mutex_);
    Block block = take_free(size);
    if (block.data == nullptr) {
      make_room(size);
      block = {map(size), size};
      if (block.data == nullptr) return nullptr;
    }
    sizes_[block.data] = block.size;
    used_ += block.size;
    most_used_ = std::max(most_used_, used_);
    return block.data;
  }

  /// False where `data` is none of these.
  bool give_back(void* data) {
    const std::lock_guard lock(mutex_);
    const auto found = sizes_.find(data);
    if (found == sizes_.end()) return false;
    free_.push_back({data, found->second});
    used_ -= found->second;
    kept_ += found->second;
    sizes_.erase(found);
    return true;
  }

 private:
  struct Block {
    void* data = nullptr;
    std::size_t size = 0;
  };

  /// The smallest that holds it and wastes little, of equals the one freed last.
  Block take_free(std::size_t size) {
    auto best = free_.end();
    for (auto at = free_.begin(); at != free_.end(); ++at)
      if (at->size >= size && at->size <= size + size / 8 &&
          (best == free_.end() || at->size <= best->size))
        best = at;
    if (best == free_.end()) return {};
    const Block block = *best;
    free_.erase(best);
    kept_ -= block.size;
    return block;
  }

  void make_room(std::size_t size) {
    const std::size_t needed = used_ + size, most = std::max(most_used_, needed);
    auto last = free_.begin();
    for (; last != free_.end() && needed + kept_ > most; ++last) {
      ::munmap(last->data, last->size);
      kept_ -= last->size;
    }
    free_.erase(free_.begin(), last);
  }

  std::mutex mutex_;
  std::vector<Block> free_;                       ///< in the order in which they were freed
  std::unordered_map<void*, std::size_t> sizes_;  ///< of those in use
  std::size_t used_ = 0, kept_ = 0, most_used_ = 0;
};

/// Never destroyed: tensors may outlive everything else.
Blocks& blocks() {
  static auto& all = *new Blocks;
  return all;
}

void release(void* data) {
  const bool may_be_block = reinterpret_cast<std::uintptr_t>(data) % grain == 0;
  if (may_be_block && data != nullptr && blocks().give_back(data)) return;
  c10::free_cpu(data);
}

struct TensorMemory final : c10::Allocator {
  c10::DataPtr allocate(std::size_t bytes) override {
    void* data = bytes < large ? nullptr : blocks().take(bytes);
    // It says what was asked for where there is no more memory.
    if (data == nullptr) data = c10::alloc_cpu(bytes);
    return {data, data, &release, c10::DeviceType::CPU};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

}  // namespace

void keep_tensor_memory() {
  c10::SetCPUAllocator(new TensorMemory);
}

}  // namespace tandem::cli
