#include "fuzz.hpp"
#include "read_source.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::read_source("cifar", fuzz::as_file("data_batch_1.bin", bytes, size));
  fuzz::read_source("cifar", fuzz::as_file("train.bin", bytes, size));
  return 0;
}
