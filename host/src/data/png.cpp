#include "data/png.hpp"

#include "formats/atomic_file.hpp"

namespace tandem::data {

void write_png(const std::filesystem::path& path, const Image& image) {
  const auto encoded = encode_png(image);
  formats::AtomicFile file(path, encoded.size());
  file.write(encoded.data(), encoded.size());
  file.commit();
}

}  // namespace tandem::data
