// Every format of pictures, told by the first bytes. A JPEG that is accepted must be one to
// libjpeg-turbo's own interface too, with warnings as errors.
#include "data/decode.hpp"
#include "fuzz.hpp"

#include <turbojpeg.h>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

using namespace tandem;

namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};

/// The reason of another decoder to refuse it; empty: none.
std::string refused_elsewhere(data::Bytes bytes, const Image& image) {
  const std::unique_ptr<void, Destroy> decoder(tjInitDecompress());
  const auto size = static_cast<unsigned long>(bytes.size());
  int width = 0, height = 0, sampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder.get(), bytes.data(), size, &width, &height, &sampling,
                          &colours) != 0) {
    return tjGetErrorStr2(decoder.get());
  }
  if (std::size_t(width) * std::size_t(height) * 3 != image.values()) return "another size";
  const bool cmyk = colours == TJCS_CMYK || colours == TJCS_YCCK;
  std::vector<std::uint8_t> pixels(std::size_t(width) * std::size_t(height) * 4);
  const int format = cmyk ? TJPF_CMYK : TJPF_RGBX;
  if (tjDecompress2(decoder.get(), bytes.data(), size, pixels.data(), width, 0, height, format,
                    TJFLAG_STOPONWARNING) != 0) {
    return tjGetErrorStr2(decoder.get());
  }
  return "";
}

/// What is let pass on purpose, in the words of libjpeg; and chroma sampling that this interface
/// has no name for.
bool is_allowed(std::string_view reason) {
  const auto has = [&](std::string_view part) {
    return reason.find(part) != std::string_view::npos;
  };
  return reason.empty() || has("JFIF") || has("extraneous") || has("ubsampling");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  [[maybe_unused]] static const bool silent = (data::silence_decoders(), true);
  const data::Bytes file(bytes, size);
  Image image;
  for (const int channels : {1, 3}) {
    const bool fine = fuzz::accepted([&] { data::decode(file, {channels, 1'000'000}, image); });
    if (!fine || channels == 1 || data::format_of(file) != data::PictureFormat::jpeg) continue;
    const std::string reason = refused_elsewhere(file, image);
    if (is_allowed(reason)) continue;
    std::fprintf(stderr, "a JPEG was accepted, of which libjpeg-turbo says: %s\n", reason.c_str());
    std::abort();
  }
  return 0;
}
