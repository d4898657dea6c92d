#pragma once

#include <memory>
#include <string>

namespace tandem::bench {

/// Bytes that a file of the kernel's tells in a line like "VmHWM:     8044 kB"; 0 without one.
double bytes_in(const char* file, const std::string& name);
/// Bytes of this process's resident memory now, and at most since it began or since `forget_peak`.
double resident_bytes();
double peak_resident_bytes();
/// Lets the peak begin anew; where the kernel does not allow that, it stays.
void forget_peak();

/// Counts the bytes of the tensors that this thread makes on the CPU while it lives: LibTorch's
/// allocator tells them, not what BLAS and oneDNN take for themselves. Tensors made before must not
/// go while it lives.
class TensorBytes {
 public:
  TensorBytes();
  ~TensorBytes();
  TensorBytes(const TensorBytes&) = delete;
  TensorBytes& operator=(const TensorBytes&) = delete;

  double peak() const;       ///< at a time
  double allocated() const;  ///< in all

 private:
  struct Counter;
  class Guard;
  std::shared_ptr<Counter> counter_;
  std::unique_ptr<Guard> guard_;
};

}  // namespace tandem::bench
