#pragma once

#include "tandem/base/export.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tandem {

enum class PixelType : std::uint8_t { u8, f32 };

/// A picture, or any signal: height × width × channels, packed, channels innermost, 8-bit (0 … 255)
/// or float (0 … 1 by convention). A one-dimensional signal has height 1. The buffers belong to the
/// host and are reused from view to view: an operation must not keep a pointer after it returns.
///
/// Operations that cannot work in place write into a second buffer:
/// `auto* out = image.scratch_u8(h, w, c); …; image.swap();`
class TANDEM_API Image {
 public:
  Image();
  Image(int height, int width, int channels, PixelType type = PixelType::u8);
  Image(const Image& other);
  Image& operator=(const Image& other);
  Image(Image&&) noexcept;
  Image& operator=(Image&&) noexcept;
  ~Image();

  int height() const { return front_.height; }
  int width() const { return front_.width; }
  int channels() const { return front_.channels; }
  PixelType type() const { return front_.type; }
  std::size_t values() const { return front_.values(); }  ///< height × width × channels

  /// Gives the image this shape; its content is then undefined. Keeps the buffer where it is large
  /// enough.
  void reset(int height, int width, int channels, PixelType type = PixelType::u8);

  /// The pixels. Throws Error(internal) where the image has the other type.
  std::uint8_t* u8();
  const std::uint8_t* u8() const;
  float* f32();
  const float* f32() const;

  /// A second buffer of this shape, content undefined; `swap()` makes it the image.
  std::uint8_t* scratch_u8(int height, int width, int channels);
  float* scratch_f32(int height, int width, int channels);
  void swap();

 private:
  struct Buffer {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t capacity = 0;
    int height = 0, width = 0, channels = 0;
    PixelType type = PixelType::u8;
    std::size_t values() const;
    std::size_t size() const;
    void shape(int h, int w, int c, PixelType t);
  };
  Buffer front_, back_;
};

}  // namespace tandem
