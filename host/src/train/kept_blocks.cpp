#include "train/kept_blocks.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

namespace tandem::train {
namespace {

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
  if (before < huge_page) ::munmap(from + before + bytes, huge_page - before);
  ::madvise(from + before, bytes, MADV_HUGEPAGE);
  return from + before;
}

}  // namespace

void* KeptBlocks::take(std::size_t bytes) {
  const std::size_t size = round_up(std::max(bytes, grain), grain);
  std::vector<Block> gone;
  {
    const std::lock_guard lock(mutex_);
    const Block block = take_free(size);
    if (block.data == nullptr) gone = surplus(size);
    used_ += block.data == nullptr ? size : block.size;
    if (block.data != nullptr) {
      sizes_[block.data] = block.size;
      most_ = std::max(most_, used_);
      return block.data;
    }
  }
  unmap(gone);
  void* data = map(size);
  if (data == nullptr) {
    let_go();
    data = map(size);
  }
  const std::lock_guard lock(mutex_);
  if (data == nullptr) {
    used_ -= size;
  } else {
    sizes_[data] = size;
    most_ = std::max(most_, used_);
  }
  return data;
}

bool KeptBlocks::has(void* data) const {
  const std::lock_guard lock(mutex_);
  return sizes_.count(data) > 0;
}

void KeptBlocks::give_back(void* data) {
  const std::lock_guard lock(mutex_);
  const auto found = sizes_.find(data);
  free_.push_back({data, found->second});
  used_ -= found->second;
  kept_ += found->second;
  sizes_.erase(found);
}

void KeptBlocks::let_go() {
  std::vector<Block> gone;
  {
    const std::lock_guard lock(mutex_);
    gone.swap(free_);
    kept_ = 0;
  }
  unmap(gone);
}

std::size_t KeptBlocks::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

std::size_t KeptBlocks::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

std::size_t KeptBlocks::most() const {
  const std::lock_guard lock(mutex_);
  return most_;
}

/// The smallest that holds it and wastes little, of equals the one given back last, which caches
/// may still have.
KeptBlocks::Block KeptBlocks::take_free(std::size_t size) {
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

/// What has to go before so much more is taken.
std::vector<KeptBlocks::Block> KeptBlocks::surplus(std::size_t size) {
  std::vector<Block> gone;
  const std::size_t needed = used_ + size, most = std::max(most_, needed) + spare_;
  while (!free_.empty() && needed + kept_ > most) {
    const std::size_t over = needed + kept_ - most;
    auto best = free_.begin();
    for (auto at = free_.begin(); at != free_.end(); ++at)
      if (at->size >= over && (best->size < over || at->size < best->size)) best = at;
    kept_ -= best->size;
    gone.push_back(*best);
    free_.erase(best);
  }
  return gone;
}

void KeptBlocks::unmap(const std::vector<Block>& blocks) {
  for (const Block& block : blocks) ::munmap(block.data, block.size);
}

}  // namespace tandem::train
