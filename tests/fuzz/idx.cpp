#include "fuzz.hpp"
#include "read_source.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::read_source("idx", fuzz::as_file("train-images-idx3-ubyte", bytes, size));
  return 0;
}
