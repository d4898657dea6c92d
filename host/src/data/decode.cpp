#include "data/decode.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <opencv2/imgcodecs.hpp>
#include <optional>
#include <string_view>
#include <utility>

namespace tandem::data {
namespace {

using Bytes = std::span<const std::uint8_t>;

bool starts_with(Bytes bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

/// The formats that are handed to OpenCV, which knows many more and asks its plugins about the
/// rest.
bool is_known(Bytes bytes) {
  using namespace std::string_view_literals;
  constexpr std::array magics = {"\x89PNG\r\n\x1a\n"sv,
                                 "BM"sv,
                                 "P1"sv,
                                 "P2"sv,
                                 "P3"sv,
                                 "P4"sv,
                                 "P5"sv,
                                 "P6"sv,
                                 "II*\0"sv,
                                 "MM\0*"sv,
                                 "II+\0"sv,
                                 "MM\0+"sv};
  const auto fits = [&](std::string_view magic) { return starts_with(bytes, magic); };
  if (std::any_of(magics.begin(), magics.end(), fits)) return true;
  return starts_with(bytes, "RIFF") && bytes.size() >= 12 && starts_with(bytes.subspan(8), "WEBP");
}

std::int64_t big_endian(Bytes bytes, std::size_t at) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[at + i];
  return value;
}

std::int64_t little_endian(Bytes bytes, std::size_t at, std::size_t count) {
  std::int64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

/// Height and width as the header of a PNG or BMP tells them.
std::optional<std::pair<std::int64_t, std::int64_t>> header_size(Bytes bytes) {
  if (starts_with(bytes, "\x89PNG") && bytes.size() >= 24) {
    return std::pair{big_endian(bytes, 20), big_endian(bytes, 16)};
  }
  if (starts_with(bytes, "BM") && bytes.size() >= 26) {
    const bool old_header = little_endian(bytes, 14, 4) == 12;
    if (old_header) return std::pair{little_endian(bytes, 20, 2), little_endian(bytes, 18, 2)};
    const auto height = static_cast<std::int32_t>(little_endian(bytes, 22, 4));
    return std::pair{std::abs(std::int64_t{height}), little_endian(bytes, 18, 4)};
  }
  return std::nullopt;
}

/// OpenCV's pixels are BGR.
void copy_rgb(const cv::Mat& bgr, std::uint8_t* out) {
  for (int y = 0; y < bgr.rows; ++y) {
    const auto* in = bgr.ptr<std::uint8_t>(y);
    for (int x = 0; x < bgr.cols; ++x, in += 3, out += 3) {
      out[0] = in[2], out[1] = in[1], out[2] = in[0];
    }
  }
}

void copy_grey(const cv::Mat& grey, std::uint8_t* out) {
  const auto width = static_cast<std::size_t>(grey.cols);
  for (int y = 0; y < grey.rows; ++y, out += width) std::memcpy(out, grey.ptr(y), width);
}

void decode_other(Bytes bytes, const DecodeOptions& options, Image& out) {
  if (!is_known(bytes)) {
    throw Error(ErrorKind::data,
                "not a picture: its first bytes are none of JPEG, PNG, BMP, WebP, "
                "PNM or TIFF");
  }
  if (const auto size = header_size(bytes)) {
    check_pixels(size->first, size->second, options.max_pixels);
  }
  const int flags = (options.channels == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR) |
                    cv::IMREAD_IGNORE_ORIENTATION;
  const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1,
                        const_cast<std::uint8_t*>(bytes.data()));
  cv::Mat decoded;
  try {
    decoded = cv::imdecode(encoded, flags);
  } catch (const cv::Exception& error) {
    throw Error(ErrorKind::data, "cannot be decoded: " + error.err);
  }
  if (decoded.empty()) {
    throw Error(ErrorKind::data, "cannot be decoded: it is damaged or cut off");
  }
  check_pixels(decoded.rows, decoded.cols, options.max_pixels);
  out.reset(decoded.rows, decoded.cols, options.channels);
  if (options.channels == 1) return copy_grey(decoded, out.u8());
  copy_rgb(decoded, out.u8());
}

}  // namespace

void check_pixels(std::int64_t height, std::int64_t width, std::int64_t max_pixels) {
  if (height < 1 || width < 1) throw Error(ErrorKind::data, "an empty picture");
  if (width > max_pixels / height) {
    throw Error(ErrorKind::data,
                Log::join("has ", width, "x", height,
                          " pixels, more than data.max_pixels = ", max_pixels, " allows"));
  }
}

void decode(Bytes bytes, const DecodeOptions& options, Image& out) {
  if (bytes.empty()) throw Error(ErrorKind::data, "an empty file");
  if (starts_with(bytes, "\xff\xd8")) return decode_jpeg(bytes, options, out);
  decode_other(bytes, options, out);
}

}  // namespace tandem::data
