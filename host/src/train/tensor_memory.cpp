#include "train/tensor_memory.hpp"

#include "train/kept_blocks.hpp"

#include <c10/core/CPUAllocator.h>

#include <cstddef>
#include <cstdint>

namespace tandem::train {
namespace {

constexpr std::size_t large = std::size_t{1} << 20;
constexpr std::size_t spare = std::size_t{128} << 20;

/// Never destroyed: tensors may outlive everything else.
KeptBlocks& blocks() {
  static auto& all = *new KeptBlocks(spare);
  return all;
}

void release(void* data) {
  const bool may_be_block = reinterpret_cast<std::uintptr_t>(data) % KeptBlocks::grain == 0;
  if (!may_be_block || !blocks().has(data))
    return c10::GetDefaultCPUAllocator()->raw_deleter()(data);
  c10::profiledCPUMemoryReporter().Delete(data);
  blocks().give_back(data);
}

/// What is small, and what the kernel refuses, is the default allocator's, which says what was
/// asked for where there is no more.
struct TensorMemory final : c10::Allocator {
  c10::DataPtr allocate(std::size_t bytes) override {
    void* const data = bytes < large ? nullptr : blocks().take(bytes);
    if (data == nullptr) return c10::GetDefaultCPUAllocator()->allocate(bytes);
    c10::profiledCPUMemoryReporter().New(data, bytes);
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

}  // namespace tandem::train
