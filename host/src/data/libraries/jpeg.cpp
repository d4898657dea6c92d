#include "data/decode.hpp"
#include "data/grey.hpp"
#include "tandem/base/error.hpp"

#include <csetjmp>
#include <cstdio>
#include <string>
#include <vector>

// They need what <cstdio> declares.
#include <jpeglib.h>

#include <jerror.h>

namespace tandem::data {
namespace {

/// Real files have about ten; each scan of a progressive JPEG costs a pass over all coefficients.
constexpr int most_scans = 100;

/// libjpeg's errors leave by longjmp: no object with a destructor may live in between.
struct Failure {
  jpeg_error_mgr manager;
  std::jmp_buf jump;
  bool in_header;
  char reason[JMSG_LENGTH_MAX];
};

Failure& failure_of(j_common_ptr info) {
  return *reinterpret_cast<Failure*>(info->err);
}

void leave(j_common_ptr info) {
  Failure& failure = failure_of(info);
  failure.manager.format_message(info, failure.reason);
  std::longjmp(failure.jump, 1);
}

/// Warnings that cannot touch a pixel: a newer revision of JFIF, and bytes between the segments of
/// the header. All others mean damage.
bool is_harmless(const Failure& failure) {
  const int code = failure.manager.msg_code;
  return code == JWRN_JFIF_MAJOR || (code == JWRN_EXTRANEOUS_DATA && failure.in_header);
}

void on_message(j_common_ptr info, int level) {
  if (level < 0 && !is_harmless(failure_of(info))) leave(info);
}

void on_progress(j_common_ptr info) {
  auto* decoder = reinterpret_cast<j_decompress_ptr>(info);
  if (decoder->input_scan_number <= most_scans) return;
  Failure& failure = failure_of(info);
  std::snprintf(failure.reason, sizeof failure.reason, "it has more than %d scans", most_scans);
  std::longjmp(failure.jump, 1);
}

/// As Pillow: stored inverted, as Adobe does, whether a marker says so or not.
std::uint8_t ink(unsigned paper, unsigned black) {
  const unsigned product = (255 - paper) * black + 128;
  return static_cast<std::uint8_t>(black - ((product >> 8) + product) / 256);
}

void cmyk_to_rgb(const std::uint8_t* in, std::size_t pixels, std::uint8_t* rgb) {
  for (std::size_t i = 0; i < pixels; ++i, in += 4, rgb += 3) {
    for (std::size_t c = 0; c < 3; ++c) rgb[c] = ink(in[c], in[3]);
  }
}

/// For one file. A decoder that has seen another lends its Huffman and quantization tables to a
/// file that lacks them, so that a damaged one would show what came before it.
class Decoder {
 public:
  Decoder() { create(); }
  ~Decoder() { jpeg_destroy_decompress(&info_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  void decode(Bytes bytes, const DecodeOptions& options, Image& out) {
    if (!read_header(bytes)) fail();
    check_pixels(info_.image_height, info_.image_width, options.max_pixels);
    const auto width = static_cast<std::size_t>(info_.image_width);
    out.reset(static_cast<int>(info_.image_height), static_cast<int>(info_.image_width),
              options.channels);
    const bool cmyk = info_.num_components == 4;
    if (cmyk) row_.resize(4 * width);
    info_.out_color_space = cmyk ? JCS_CMYK : options.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    const std::size_t stride = width * static_cast<std::size_t>(options.channels);
    if (!(cmyk ? read_cmyk(out.u8(), stride, options.channels) : read_pixels(out.u8(), stride))) {
      fail();
    }
  }

 private:
  void create() {
    info_.err = jpeg_std_error(&failure_.manager);
    failure_.manager.error_exit = leave;
    failure_.manager.emit_message = on_message;
    if (setjmp(failure_.jump) != 0) {
      throw Error(ErrorKind::resource, std::string("libjpeg cannot start: ") + failure_.reason);
    }
    jpeg_create_decompress(&info_);
    progress_.progress_monitor = on_progress;
    info_.progress = &progress_;
  }

  bool read_header(Bytes bytes) {
    failure_.in_header = true;
    if (setjmp(failure_.jump) != 0) return false;
    jpeg_mem_src(&info_, bytes.data(), static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&info_, TRUE);
    failure_.in_header = false;
    return true;
  }

  bool read_pixels(std::uint8_t* out, std::size_t stride) {
    if (setjmp(failure_.jump) != 0) return false;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      // As many as it makes at once, so that it needs no copies.
      constexpr JDIMENSION most = 4;
      JSAMPROW rows[most];
      const JDIMENSION left = info_.output_height - info_.output_scanline;
      const JDIMENSION count = left < most ? left : most;
      for (JDIMENSION i = 0; i < count; ++i) {
        rows[i] = out + stride * (info_.output_scanline + i);
      }
      jpeg_read_scanlines(&info_, rows, count);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  bool read_cmyk(std::uint8_t* out, std::size_t stride, int channels) {
    if (setjmp(failure_.jump) != 0) return false;
    jpeg_start_decompress(&info_);
    const std::size_t width = row_.size() / 4;
    while (info_.output_scanline < info_.output_height) {
      std::uint8_t* to = out + stride * info_.output_scanline;
      JSAMPROW row = row_.data();
      jpeg_read_scanlines(&info_, &row, 1);
      cmyk_to_rgb(row, width, channels == 1 ? row : to);
      if (channels == 1) to_grey(row, width, to);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  [[noreturn]] void fail() const {
    throw Error(ErrorKind::data, std::string("a JPEG that cannot be decoded: ") + failure_.reason);
  }

  jpeg_decompress_struct info_{};
  jpeg_progress_mgr progress_{};
  Failure failure_{};
  std::vector<std::uint8_t> row_;
};

}  // namespace

void decode_jpeg(Bytes bytes, const DecodeOptions& options, Image& out) {
  Decoder().decode(bytes, options, out);
}

}  // namespace tandem::data
