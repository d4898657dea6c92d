#pragma once

/// Memory of large tensors, kept for the next one.
namespace tandem::cli {

/// Has LibTorch take the memory of tensors of 1 MiB and more from blocks that are kept when they
/// are freed: the system's allocator maps, page-faults and unmaps each anew, every step. A block
/// serves what needs all of it but an eighth; where none does, the oldest ones are unmapped until
/// the process holds no more than all tensors together ever took. A heap that keeps its memory
/// (mallopt) splits blocks among smaller tensors instead and needs a quarter more. Huge pages are
/// asked for. Once, before the first tensor. [any thread allocates and frees]
void keep_tensor_memory();

}  // namespace tandem::cli
