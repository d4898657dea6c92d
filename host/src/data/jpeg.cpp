#include "data/decode.hpp"
#include "tandem/base/error.hpp"

#include <turbojpeg.h>
#include <string>

namespace tandem::data {
namespace {

/// One decoder a thread.
class Decoder {
 public:
  Decoder() : handle_(tjInitDecompress()) {
    if (!handle_) throw Error(ErrorKind::resource, "libjpeg-turbo cannot start a decoder");
  }
  ~Decoder() { tjDestroy(handle_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  void decode(std::span<const std::uint8_t> bytes, const DecodeOptions& options, Image& out) {
    int width = 0, height = 0, sampling = 0, colours = 0;
    const auto size = static_cast<unsigned long>(bytes.size());
    if (tjDecompressHeader3(handle_, bytes.data(), size, &width, &height, &sampling, &colours) != 0)
      fail();
    check_pixels(height, width, options.max_pixels);
    out.reset(height, width, options.channels);
    const int format = options.channels == 1 ? TJPF_GRAY : TJPF_RGB;
    if (tjDecompress2(handle_, bytes.data(), size, out.u8(), width, 0, height, format,
                      TJFLAG_STOPONWARNING) != 0) {
      fail();
    }
  }

 private:
  [[noreturn]] void fail() {
    throw Error(ErrorKind::data,
                std::string("a JPEG that cannot be decoded: ") + tjGetErrorStr2(handle_));
  }

  tjhandle handle_;
};

}  // namespace

void decode_jpeg(std::span<const std::uint8_t> bytes, const DecodeOptions& options, Image& out) {
  thread_local Decoder decoder;
  decoder.decode(bytes, options, out);
}

}  // namespace tandem::data
