#include "data/decode.hpp"
#include "data/grey.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>

namespace tandem::data {
namespace {

[[noreturn]] void fail(const char* reason) {
  throw Error(ErrorKind::data, std::string("a PNM that cannot be decoded: ") + reason);
}

bool is_space(std::uint8_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Netpbm's formats, P1 … P6 (netpbm.sourceforge.net/doc).
class PnmReader {
 public:
  explicit PnmReader(Bytes bytes) : bytes_(bytes), kind_(bytes[1] - '0') {}

  void read(const DecodeOptions& options, Image& out) {
    const std::uint32_t width = word(), height = word();
    if (!bitmap()) most_ = word();
    if (most_ < 1 || most_ > 65535) fail("its largest value must be 1 … 65535");
    check_pixels(height, width, options.max_pixels);
    if (kind_ >= 4) skip_one_space();
    check_length(height, width);
    out.reset(static_cast<int>(height), static_cast<int>(width), options.channels);
    std::uint8_t* to = out.u8();
    for (std::uint32_t y = 0; y < height; ++y) {
      bits_left_ = 0;  // a row of packed bits ends with a byte
      for (std::uint32_t x = 0; x < width; ++x, to += options.channels) {
        pixel(options.channels, to);
      }
    }
  }

 private:
  bool bitmap() const { return kind_ == 1 || kind_ == 4; }
  bool coloured() const { return kind_ == 3 || kind_ == 6; }

  void pixel(int channels, std::uint8_t* to) {
    if (!coloured()) {
      std::fill_n(to, channels, sample());
      return;
    }
    const std::uint8_t red = sample(), green = sample(), blue = sample();
    if (channels == 1) {
      *to = grey_of(red, green, blue);
    } else {
      to[0] = red, to[1] = green, to[2] = blue;
    }
  }

  /// One value, scaled to 0 … 255 and rounded. In bitmaps 1 is black.
  std::uint8_t sample() {
    if (bitmap()) return (kind_ == 4 ? packed_bit() : digit()) != 0 ? 0 : 255;
    std::uint32_t value = 0;
    if (kind_ < 4) {
      value = word();
    } else {
      value = bytes_[at_++];
      if (most_ > 255) value = value << 8 | bytes_[at_++];
    }
    if (value > most_) fail("a value is above its largest");
    if (most_ == 255) return static_cast<std::uint8_t>(value);
    return static_cast<std::uint8_t>((value * 255 + most_ / 2) / most_);
  }

  int packed_bit() {
    if (bits_left_ == 0) bits_ = bytes_[at_++], bits_left_ = 8;
    return bits_ >> --bits_left_ & 1;
  }

  int digit() {
    skip_space();
    if (at_ == bytes_.size() || (bytes_[at_] != '0' && bytes_[at_] != '1')) fail("cut off");
    return bytes_[at_++] - '0';
  }

  std::uint32_t word() {
    skip_space();
    std::uint32_t value = 0;
    const std::size_t begin = at_;
    for (; at_ < bytes_.size() && bytes_[at_] >= '0' && bytes_[at_] <= '9'; ++at_) {
      if (value > 100'000'000) fail("a number is too large");
      value = value * 10 + (bytes_[at_] - '0');
    }
    if (at_ == begin) fail("a number is missing: it is damaged or cut off");
    return value;
  }

  /// And comments, which go to the end of their line.
  void skip_space() {
    for (; at_ < bytes_.size() && (is_space(bytes_[at_]) || bytes_[at_] == '#'); ++at_) {
      if (bytes_[at_] != '#') continue;
      while (at_ + 1 < bytes_.size() && bytes_[at_] != '\n' && bytes_[at_] != '\r') ++at_;
    }
  }

  void skip_one_space() {
    if (at_ == bytes_.size() || !is_space(bytes_[at_])) fail("its header does not end");
    ++at_;
  }

  /// Before anything is allocated; a written value takes a byte, and another between two.
  void check_length(std::uint64_t height, std::uint64_t width) const {
    std::uint64_t needed = height * width * (coloured() ? 3 : 1);
    if (kind_ == 4) needed = height * ((width + 7) / 8);
    if (kind_ > 4 && most_ > 255) needed *= 2;
    if (bytes_.size() - at_ < needed) fail("it is cut off");
  }

  Bytes bytes_;
  int kind_;
  std::size_t at_ = 2;
  std::uint32_t most_ = 1;
  std::uint8_t bits_ = 0;
  int bits_left_ = 0;
};

}  // namespace

void decode_pnm(Bytes bytes, const DecodeOptions& options, Image& out) {
  PnmReader(bytes).read(options, out);
}

}  // namespace tandem::data
