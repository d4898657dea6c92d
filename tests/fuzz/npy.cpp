#include "fuzz.hpp"
#include "read_source.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::read_source("npy", fuzz::as_file("pictures.npy", bytes, size));
  return 0;
}
