#include "data/decode.hpp"
#include "data/grey.hpp"
#include "tandem/base/error.hpp"

#include <png.h>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace tandem::data {
namespace {

/// libpng's errors leave by longjmp: no object with a destructor may live in between.
class PngReader {
 public:
  explicit PngReader(Bytes bytes) : left_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
    if (!info_) throw Error(ErrorKind::resource, "libpng cannot start");
    png_set_read_fn(png_, this, take);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  void read(const DecodeOptions& options, Image& out) {
    if (!read_header()) fail();
    const auto height = png_get_image_height(png_, info_), width = png_get_image_width(png_, info_);
    const bool coloured = (png_get_color_type(png_, info_) & PNG_COLOR_MASK_COLOR) != 0;
    const int stored = coloured || options.channels == 3 ? 3 : 1;
    if (!set_up(stored)) fail();
    out.reset(static_cast<int>(height), static_cast<int>(width), stored);
    for (png_uint_32 y = 0; y < height; ++y) {
      rows_.push_back(out.u8() + std::size_t{y} * width * static_cast<std::size_t>(stored));
    }
    if (!read_rows()) fail();
    if (stored == options.channels) return;
    std::uint8_t* grey = out.scratch_u8(out.height(), out.width(), 1);
    to_grey(out.u8(), std::size_t{height} * width, grey);
    out.swap();
  }

 private:
  static PngReader& of(png_structp png) { return *static_cast<PngReader*>(png_get_error_ptr(png)); }

  static void on_error(png_structp png, const char* text) {
    PngReader& reader = of(png);
    std::snprintf(reader.reason_, sizeof reader.reason_, "%s", text);
    std::longjmp(reader.jump_, 1);
  }

  /// Its warnings tell of what lies beside the pixels; a damaged pixel is an error.
  static void on_warning(png_structp, const char*) {}

  static void take(png_structp png, png_bytep to, std::size_t count) {
    Bytes& left = static_cast<PngReader*>(png_get_io_ptr(png))->left_;
    if (count > left.size()) png_error(png, "it is cut off");
    std::memcpy(to, left.data(), count);
    left = left.subspan(count);
  }

  bool read_header() {
    if (setjmp(jump_) != 0) return false;
    // All but IHDR, PLTE, tRNS, IDAT and IEND is passed over: libpng would unpack texts and colour
    // profiles and keep them, a thousand of 8 MB each. EXIF's orientation is found without it.
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_read_info(png_, info_);
    return true;
  }

  bool set_up(int channels) {
    if (setjmp(jump_) != 0) return false;
    png_set_palette_to_rgb(png_);
    png_set_expand_gray_1_2_4_to_8(png_);
    png_set_strip_16(png_);
    png_set_strip_alpha(png_);
    if (channels == 3) png_set_gray_to_rgb(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  bool read_rows() {
    if (setjmp(jump_) != 0) return false;
    png_read_image(png_, rows_.data());
    png_read_end(png_, nullptr);
    return true;
  }

  [[noreturn]] void fail() const {
    throw Error(ErrorKind::data, std::string("a PNG that cannot be decoded: ") + reason_);
  }

  Bytes left_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_;
  char reason_[128] = "";
  std::vector<png_bytep> rows_;
};

}  // namespace

void decode_png(Bytes bytes, const DecodeOptions& options, Image& out) {
  const PictureSize size = header_size(bytes, PictureFormat::png);
  check_pixels(size.height, size.width, options.max_pixels);
  PngReader(bytes).read(options, out);
}

}  // namespace tandem::data
