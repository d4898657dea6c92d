#include "data/orientation.hpp"
#include "fuzz.hpp"

#include <cstdlib>

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using tandem::data::PictureFormat;
  for (const auto format : {PictureFormat::jpeg, PictureFormat::png, PictureFormat::webp}) {
    const int found = tandem::data::exif_orientation({bytes, size}, format);
    if (found < 1 || found > 8) std::abort();
  }
  return 0;
}
