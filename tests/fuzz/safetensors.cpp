// A file of weights: refused as a checkpoint's fault, or its tensors fill it to the last byte.
#include "formats/safetensors.hpp"
#include "fuzz.hpp"

using namespace tandem;

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string path = fuzz::as_file("weights.safetensors", bytes, size);
  fuzz::accepted({ErrorKind::checkpoint}, [&] {
    const auto file = formats::SafetensorsFile::open(path);
    std::uint64_t read = 0, end = 0;
    for (const formats::TensorInfo& tensor : file.tensors()) {
      fuzz::require(tensor.begin == end, "a hole between tensors");
      end = tensor.end;
      read += file.read(tensor).size();
      fuzz::require(file.find(tensor.name) == &tensor, "a name of two tensors");
    }
    fuzz::require(read == end && 8 + read <= size, "tensors larger than the file");
  });
  return 0;
}
