#include "data/png.hpp"

#include "formats/atomic_file.hpp"
#include "tandem/base/error.hpp"

namespace tandem::data {

std::string encode_png(const Image& image) {
  const int channels = image.channels();
  if ((channels != 1 && channels != 3 && channels != 4) || image.values() == 0) {
    throw Error(ErrorKind::internal,
                "a PNG needs 1, 3 or 4 channels, not " + std::to_string(channels));
  }
  return encode_checked_png(image);
}

void write_png(const std::filesystem::path& path, const Image& image) {
  const auto encoded = encode_png(image);
  formats::AtomicFile file(path, encoded.size());
  file.write(encoded.data(), encoded.size());
  file.commit();
}

}  // namespace tandem::data
