#include "data/decode.hpp"
#include "tandem/base/error.hpp"

#include <turbojpeg.h>
#include <memory>
#include <string>

namespace tandem::data {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};

/// One decoder a thread. It is made anew after a failure: a file whose header breaks off leaves
/// libjpeg-turbo in a state in which it misreads the next file.
class Decoder {
 public:
  void decode(std::span<const std::uint8_t> bytes, const DecodeOptions& options, Image& out) {
    if (!handle_) handle_.reset(tjInitDecompress());
    if (!handle_) throw Error(ErrorKind::resource, "libjpeg-turbo cannot start a decoder");
    int width = 0, height = 0, sampling = 0, colours = 0;
    const auto size = static_cast<unsigned long>(bytes.size());
    if (tjDecompressHeader3(handle_.get(), bytes.data(), size, &width, &height, &sampling,
                            &colours) != 0) {
      fail();
    }
    check_pixels(height, width, options.max_pixels);
    out.reset(height, width, options.channels);
    const int format = options.channels == 1 ? TJPF_GRAY : TJPF_RGB;
    if (tjDecompress2(handle_.get(), bytes.data(), size, out.u8(), width, 0, height, format,
                      TJFLAG_STOPONWARNING) != 0) {
      fail();
    }
  }

 private:
  [[noreturn]] void fail() {
    const std::string reason = tjGetErrorStr2(handle_.get());
    handle_.reset();
    throw Error(ErrorKind::data, "a JPEG that cannot be decoded: " + reason);
  }

  std::unique_ptr<void, Destroy> handle_;
};

}  // namespace

void decode_jpeg(std::span<const std::uint8_t> bytes, const DecodeOptions& options, Image& out) {
  thread_local Decoder decoder;
  decoder.decode(bytes, options, out);
}

}  // namespace tandem::data
