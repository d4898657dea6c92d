#pragma once

namespace tandem::train {

/// Has LibTorch take the memory of tensors of 1 MiB and more from KeptBlocks, for the rest of the
/// process: the system's allocator maps, page-faults and unmaps it anew in each step, and a heap
/// that keeps all (mallopt) splits what is free among smaller ones and needs a quarter more. It is
/// the program's to decide, so no library calls it. Once, before the first tensor.
void keep_tensor_memory();

}  // namespace tandem::train
