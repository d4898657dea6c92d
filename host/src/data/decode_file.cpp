#include "data/decode_file.hpp"

#include "data/file_bytes.hpp"
#include "tandem/base/error.hpp"

#include <vector>

namespace tandem::data {

DecodeOptions decoding(const SourceOptions& options) {
  if (options.channels != 0 && options.channels != 1 && options.channels != 3) {
    throw Error(ErrorKind::config,
                "data.channels must be \"auto\", 1 or 3 for these pictures, is " +
                    std::to_string(options.channels) + "; other numbers need an .npy file");
  }
  return {options.channels == 0 ? 3 : options.channels, options.max_pixels};
}

void decode_file(const std::filesystem::path& path, const DecodeOptions& options, Image& out) {
  thread_local std::vector<std::uint8_t> bytes;
  read_bytes(path, bytes);
  decode_bytes(bytes, path.string(), options, out);
}

void decode_bytes(Bytes bytes, const std::string& place, const DecodeOptions& options, Image& out) {
  try {
    decode(bytes, options, out);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data) throw;
    throw Error(ErrorKind::data, place + ": " + error.what());
  }
}

}  // namespace tandem::data
