// Every format of pictures, told by the first bytes. A JPEG that is accepted must be one to
// libjpeg-turbo's own interface too, with warnings as errors: but for what is let pass on purpose,
// which is taken out of the file before.
#include "data/decode.hpp"
#include "fuzz.hpp"

#include <turbojpeg.h>
#include <algorithm>
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

/// A JPEG's header, segment by segment.
class Segments {
 public:
  explicit Segments(data::Bytes jpeg) : left_(jpeg.subspan(2)) {}

  /// The next one with its marker, without what lies before it; the first scan and all behind it
  /// are one. Empty where there is none.
  data::Bytes next() {
    while (left_.size() >= 2 && (left_[0] != 0xff || left_[1] == 0 || left_[1] == 0xff))
      left_ = left_.subspan(1);
    if (left_.size() < 2) return {};
    const std::size_t size = std::min(size_of_first(), left_.size());
    const data::Bytes segment = left_.first(size);
    left_ = left_.subspan(size);
    return segment;
  }

 private:
  std::size_t size_of_first() const {
    constexpr std::uint8_t start_of_scan = 0xda;
    const std::uint8_t marker = left_[1];
    if (marker == start_of_scan || left_.size() < 4) return left_.size();
    const bool alone = marker == 0x01 || (marker >= 0xd0 && marker <= 0xd9);
    // The length counts itself, which libjpeg reads whatever it says.
    return alone ? 2 : 2 + std::max<std::size_t>(2, std::size_t{left_[2]} << 8 | left_[3]);
  }

  data::Bytes left_;
};

/// The JPEG without what is let pass on purpose: bytes between the segments of its header, and a
/// newer revision of JFIF there. From its first scan on it is as it was.
std::vector<std::uint8_t> without_harmless(data::Bytes jpeg) {
  constexpr std::size_t revision = 9;  // behind marker, length and "JFIF\0"
  std::vector<std::uint8_t> clean(jpeg.begin(), jpeg.begin() + 2);
  Segments segments(jpeg);
  for (auto segment = segments.next(); !segment.empty(); segment = segments.next()) {
    const std::size_t begin = clean.size();
    clean.insert(clean.end(), segment.begin(), segment.end());
    const bool jfif =
        segment.size() >= 18 && segment[1] == 0xe0 && data::has_at(segment, 4, "JFIF");
    if (jfif && segment[8] == 0) clean[begin + revision] = 1;
  }
  return clean;
}

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

/// In the words of libjpeg: a newer revision of JFIF, between scans too, and chroma sampling that
/// this interface has no name for.
bool is_allowed(std::string_view reason) {
  const auto has = [&](std::string_view part) {
    return reason.find(part) != std::string_view::npos;
  };
  return reason.empty() || has("JFIF revision") || has("ubsampling");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  [[maybe_unused]] static const bool silent = (data::silence_decoders(), true);
  const data::Bytes file(bytes, size);
  Image image;
  for (const int channels : {1, 3}) {
    const bool fine = fuzz::accepted([&] { data::decode(file, {channels, 1'000'000}, image); });
    if (!fine || channels == 1 || data::format_of(file) != data::PictureFormat::jpeg) continue;
    const std::string reason = refused_elsewhere(without_harmless(file), image);
    if (is_allowed(reason)) continue;
    std::fprintf(stderr, "a JPEG was accepted, of which libjpeg-turbo says: %s\n", reason.c_str());
    std::abort();
  }
  return 0;
}
